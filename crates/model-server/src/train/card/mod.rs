//! The model card: what a model is for, how good it is and for whom, and what it can't do.
//!
//! After TRIPOD+AI (Collins et al., BMJ 2024) and MI-CLAIM (Norgeot et al., Nat Med 2020).
//! Everything that is a number is calculated from the cross-validation, nothing is typed in.

mod model_card;
mod text;
mod intervals;
mod resampled;
mod calibration;
mod thresholds;
mod groups;
mod coverage;
mod markdown;
mod plots;

pub use markdown::markdown;
pub use model_card::Card;
pub use plots::plots;
