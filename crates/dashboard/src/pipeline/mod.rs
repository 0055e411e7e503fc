//! The services of the pipeline, as they report themselves.
//!
//! ```text
//! monitor (task) --every 5 s--> probe: /ready, /status, /metrics of each service
//!        |                                    |
//!        v                                    v
//!     trends (the last hour)  <-- samples -- reports
//!        \______________ Pipeline: GET /api/pipeline ______________/
//! ```
//!
//! One task polls, however many pages are open, so that the load on the services is constant.

mod probe;
mod prometheus;
mod counter;

mod trends;

mod monitor;

pub use self::monitor::Monitor;
