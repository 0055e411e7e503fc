//! The prediction log: after a response, scores the shadow model and publishes predictions to
//! Kafka.
//!
//! ```text
//! HTTP handler --submit--> Buffer --take--> LogWorker (own thread) --> ShadowScorer
//!      ^                     |                   |
//!      |            full: wait, refuse or drop   Publisher --> librdkafka's queue --> broker
//!      |                                         |             full: wait
//!      +-- Acknowledgements (mandatory) <--- delivery reports --> LogCounts
//! ```
//!
//! A handler pushes a few words into the bounded buffer, which its callers share fairly. While
//! records flow to the broker, a request that finds its share used up waits for room, and is
//! refused with 503 if none comes. During an outage it is dropped and counted, unless the log is
//! mandatory. The worker predicts the rows of a batch again, at its own pace, so that nothing large
//! is copied on the request's path.

mod log;
mod origin;
mod served_request;
mod buffer;
mod worker;
mod shadow;
mod event;
mod publisher;
mod acknowledgements;
mod status;

pub(crate) use log::{LogError, PredictionLog, Submission};
pub(crate) use origin::Origin;
pub(crate) use served_request::{ServedRequest, ServedRows};
pub(crate) use status::LogStatus;
