//! One prediction as it is kept: the message on topic `predictions`, keyed by its request.
//!
//! Every number of the answer is there, so that a prediction can be explained again years later
//! without the model, and nothing of the person but the eight inputs.

mod risk_level;
mod by_feature;
mod event;
mod encode;
mod decode;
#[cfg(test)]
mod tests;

pub use by_feature::ByFeature;
pub use decode::decode;
pub use encode::encode;
pub use event::{PredictionEvent, Role};
pub use risk_level::RiskLevel;
