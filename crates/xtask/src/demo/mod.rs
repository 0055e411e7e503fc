//! `cargo xtask demo`: the whole pipeline with one command and nothing to install.
//!
//! ```text
//! Broker (in this process) <- producer
//!    |
//!    +-> consumer -> lake on the local disk -> dashboard (history)
//!    +-> dashboard (live) -> browser
//!             |
//!             +-> model-server -> predictions -> Broker
//! ```
//!
//! The four real binaries run as child processes against librdkafka's built-in broker. Each child
//! is bound to this process, so none outlives it, even if it is killed. `--check` observes the
//! running services from outside, over HTTP.

pub mod cli;

mod launch;
mod layout;

pub(crate) mod broker;
mod service;

mod check;
mod sse;

pub(crate) use self::check::live;
pub use self::launch::{Demo, DemoOptions, build, ensure_model};
