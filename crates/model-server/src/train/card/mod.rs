//! The model card: intended use, performance by group, and limits of a model.
//!
//! It follows TRIPOD+AI (Collins et al., BMJ 2024) and MI-CLAIM (Norgeot et al., Nat Med 2020).
//! Every number is computed from the cross-validation. The field names of [`Card`] and of its parts
//! are those of `card.json`.

mod model_card;
mod text;
mod intervals;
mod calibration;
mod external_calibration;
mod thresholds;
mod groups;
mod coverage;
mod markdown;
mod markdown_sets;
mod plots;
mod rounded;

pub use external_calibration::ExternalCalibration;
pub use intervals::{Evidence, Interval};
pub use markdown::markdown;
pub use model_card::Card;
pub use plots::{contribution_plot, validation_plots};
pub(super) use thresholds::{OperatingPoint, operating_point};
