//! Prediction events: the messages on topic `predictions`, keyed by request id.
//!
//! An event has every number of the response, so that a prediction can be explained years later
//! without the model. The eight inputs are all it has of the person.
//!
//! ```text
//! model server: PredictionEvent --encode--> payload --decode--> PredictionEvent: archive
//! ```

mod risk_level;
mod by_feature;
mod event;
mod decode;
#[cfg(test)]
mod tests;

pub use by_feature::ByFeature;
pub use decode::decode;
pub use event::{PredictionEvent, Role};
pub use risk_level::{RiskBands, RiskLevel};
