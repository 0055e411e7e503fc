//! Connections that look for the next request for a moment before their processor sleeps.
//!
//! Waking a sleeping processor takes longer than a small answer, on a virtual machine most of all.
//! One connection at a time therefore asks its socket again after an answer, while nothing else is
//! to do. `SO_BUSY_POLL` is Linux's like for network cards; it does nothing for a client on the
//! same host.

mod look;

use std::{
    future::Future as _,
    io,
    net::SocketAddr,
    os::fd::AsRawFd as _,
    pin::{Pin, pin},
    sync::{Arc, atomic::AtomicBool},
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::serve::Listener;
use nix::{
    errno::Errno,
    sys::socket::{MsgFlags, recv},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use self::look::Look;

/// Most bytes that are taken by looking; what is left comes the usual way.
const PIECE: usize = 2048;

/// A listener whose connections look for their next request.
#[derive(Debug)]
pub struct BusyPoll {
    listener: TcpListener,
    patience: Duration,
    taken: Arc<AtomicBool>,
}

impl BusyPoll {
    /// Connections of `listener` that look for as long as `patience` after an answer; never when it
    /// is zero.
    #[must_use]
    pub fn new(listener: TcpListener, patience: Duration) -> Self {
        Self { listener, patience, taken: Arc::default() }
    }
}

impl Listener for BusyPoll {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        super::http::send_at_once(&stream);
        let look = Look::new(self.patience, Arc::clone(&self.taken));
        (Connection { stream, look }, peer)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection of [`BusyPoll`].
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    look: Look,
}

impl Connection {
    /// Takes what is in the socket, past the runtime: it learns of it only when its processor has
    /// the runtime's poll, which another one may sleep in.
    fn take(&self, buffer: &mut ReadBuf<'_>) -> nix::Result<()> {
        let room = buffer.remaining().min(PIECE);
        let piece = buffer.initialize_unfilled_to(room);
        let read = recv(self.stream.as_raw_fd(), piece, MsgFlags::MSG_DONTWAIT)?;
        buffer.advance(read);
        Ok(())
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.look.found();
            return read;
        }
        if !self.look.goes_on() {
            return Poll::Pending;
        }
        match self.take(buffer) {
            Err(Errno::EAGAIN | Errno::EINTR) => {
                // Polled again after everything that is ready, unlike by `wake_by_ref`.
                let _again = pin!(tokio::task::yield_now()).poll(context);
                Poll::Pending
            }
            taken => {
                self.look.found();
                Poll::Ready(taken.map_err(io::Error::from))
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes));
        self.look.answered();
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, bytes));
        self.look.answered();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
