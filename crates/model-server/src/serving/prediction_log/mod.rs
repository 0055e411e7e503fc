//! The prediction log: after a response, scores the shadow model and publishes predictions to
//! Kafka.
//!
//! ```text
//! HTTP handler --submit--> Buffer --take--> LogWorker (own thread) --> ShadowScorer
//!                            |                   |
//!                         full: drop          Publisher --> librdkafka's queue --> broker
//!                                                |  full: wait up to QUEUE_FULL_TIMEOUT, then drop
//!                                            LogCounts <-- delivery reports
//! ```
//!
//! A handler only pushes a few words into the bounded buffer and never waits: a prediction that
//! finds the buffer full is dropped and counted. The worker predicts again from the features, at
//! its own pace, so that nothing large is copied on the request's path.

mod log;
mod served_request;
mod buffer;
mod worker;
mod shadow;
mod event;
mod publisher;
mod status;

pub(crate) use log::PredictionLog;
pub(crate) use served_request::{ServedRequest, ServedRows};
pub(crate) use status::LogStatus;
