//! Request bodies that are read to their end although the handler refused them.
//!
//! A client that is still sending when the server closes the connection sees a reset instead of the
//! response. The rest of the body is therefore read and discarded, up to a limit.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes},
    http::{Request, header::EXPECT},
};
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};

/// Longest time that the rest of a body may take.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

/// A request body that is drained when it is dropped before its end.
#[derive(Debug)]
pub(super) struct DrainedBody {
    /// `None` at the end of the body.
    body: Option<Incoming>,
    max_bytes: usize,
}

impl DrainedBody {
    /// Wraps the body of `request`.
    pub(super) fn wrap(request: Request<Incoming>, max_bytes: usize) -> Request<Body> {
        // A client that waits for "100 Continue" sends no body after an error response.
        let waits = request.headers().contains_key(EXPECT);
        request.map(|body| {
            if waits || body.is_end_stream() {
                return Body::new(body);
            }
            Body::new(Self { body: Some(body), max_bytes })
        })
    }
}

impl HttpBody for DrainedBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.body = None;
        }
        polled
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
        let Some(body) = self.body.take() else { return };
        if body.is_end_stream() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tokio::time::timeout(DRAIN_TIMEOUT, drain(body, self.max_bytes)));
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
