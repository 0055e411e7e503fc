//! The HTTP server of every service.
//!
//! ```text
//! acceptor ── a task per connection ── allowed hosts ── requests in flight ── router
//!    │              │                     421               503
//!    │              └── head and idle timeout (hyper), write timeout (kernel),
//!    │                  unread request bodies are drained up to a limit
//!    └── above the connection limit the longest-idle connection is closed
//! ```
//!
//! A shutdown closes the listener, lets requests in flight finish, and aborts connections that are
//! still open after the shutdown timeout.

mod acceptor;
mod connections;
mod allowed_hosts;
mod drained_body;
mod held_body;
mod requests;
#[cfg(test)]
mod tests;

pub use acceptor::{serve, serve_with};
pub use held_body::HeldBody;
pub use requests::{ErrorResponse, PeerAddress};
