//! Ward to browsers: frames of changes over server-sent events.
//!
//! ```text
//! ingest --reading--> hub (ward behind a mutex) --wakes--> ticker (task)
//!                                                             | at most one frame per tick,
//!                                                             | serialized once
//!                                                             v
//!                                             broadcast channel, shared by all browsers
//!                                                             |
//!                                             subscriber (per browser) --> sse --> response
//! ```
//!
//! No queue grows for a slow browser: a subscriber that lags behind the broadcast channel skips
//! the missed frames, counts them, and resumes with a snapshot.

mod hub;
mod snapshot_cache;

mod frame;
mod ticker;

mod subscriber;

mod sse;

pub use self::{hub::Hub, subscriber::Subscriber, ticker::run_ticker};

#[cfg(test)]
mod tests;
