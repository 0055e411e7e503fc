//! What happens after an answer: the shadow model is scored, and predictions go to Kafka.
//!
//! One thread of its own does both, at its own pace. A request only puts a few words into a
//! bounded buffer; when that is full the prediction is not logged, and counted as dropped.

mod worker;
mod buffer;
mod shadow;
mod publisher;
mod delivery_stats;

pub(crate) use delivery_stats::LogStatus;
pub(crate) use worker::{ServedRequest, PredictionLog, ServedRows};
