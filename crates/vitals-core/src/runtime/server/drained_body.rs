//! Request bodies: a limit on their stalls, and a reader for those that the handler refused.
//!
//! A client that sends a head and then nothing would hold its request in flight for ever, and with it
//! a place among the requests. A client that is still sending when the server closes the connection
//! sees a reset instead of the response: the rest of the body is read and discarded, up to a limit.

use std::{
    future::Future as _,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes},
    http::{Request, header::EXPECT},
};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tokio::time::Sleep;

/// The part of a body that must arrive within one wait. A client that sends byte by byte would hold its
/// place among the requests as long as one that sends nothing.
const PART_BYTES: usize = 16 * 1024;

/// Longest time that the rest of a body may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// A request body that fails if it stalls or trickles, and is drained when it is dropped before its end.
#[derive(Debug)]
pub(super) struct DrainedBody {
    /// `None` at the end of the body, or after a stall.
    body: Option<Incoming>,
    /// Bytes to drain; `None` for a client that sends no body after an error response.
    max_bytes: Option<usize>,
    /// Longest wait for the next part, or for the end.
    max_stall: Duration,
    /// The bytes of the present part.
    part_bytes: usize,
    /// The end of the present wait.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl DrainedBody {
    /// Wraps the body of `request`.
    pub(super) fn wrap(
        request: Request<Incoming>,
        max_bytes: usize,
        max_stall: Duration,
    ) -> Request<Body> {
        // A client that waits for "100 Continue" sends no body after an error response.
        let waits = request.headers().contains_key(EXPECT);
        request.map(|body| {
            if body.is_end_stream() {
                return Body::new(body);
            }
            let max_bytes = if waits { None } else { Some(max_bytes) };
            Body::new(Self { body: Some(body), max_bytes, max_stall, part_bytes: 0, stalled: None })
        })
    }

    /// Begins the next part, with a wait of its own, once the present one has arrived.
    fn add_to_part(&mut self, frame: Option<&Result<Frame<Bytes>, hyper::Error>>) {
        let data = frame.and_then(|frame| frame.as_ref().ok()?.data_ref());
        self.part_bytes += data.map_or(0, Bytes::len);
        if self.part_bytes >= PART_BYTES {
            self.part_bytes = 0;
            self.stalled = None;
        }
    }

    /// Returns true if the wait for the next part has lasted too long.
    fn poll_stall(&mut self, context: &mut Context<'_>) -> bool {
        let max_stall = self.max_stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(tokio::time::sleep(max_stall)));
        stalled.as_mut().poll(context).is_ready()
    }
}

impl HttpBody for DrainedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        match Pin::new(body).poll_frame(context) {
            Poll::Ready(frame) => {
                self.add_to_part(frame.as_ref());
                if matches!(frame, None | Some(Err(_))) {
                    self.body = None;
                }
                Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
            }
            Poll::Pending if self.poll_stall(context) => {
                self.body = None;
                Poll::Ready(Some(Err("the client stopped sending the body".into())))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for DrainedBody {
    fn drop(&mut self) {
        let (Some(body), Some(max_bytes)) = (self.body.take(), self.max_bytes) else { return };
        if body.is_end_stream() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(DRAIN_TIMEOUT, drain(body, max_bytes)));
        }
    }
}

/// Reads and discards `body`, at most `max_bytes` of it.
async fn drain(mut body: Incoming, max_bytes: usize) {
    let mut left = max_bytes;
    while let Some(Ok(frame)) = body.frame().await {
        let length = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(length) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}
