//! The algorithms: from measured values to log-odds.
//!
//! Every model is fitted on [`Rows`] and scores a [`Row`]; [`Model`] dispatches to the one that was
//! fitted. Nothing here knows of files, requests or explanations in words.

mod row;
mod scaling;
mod preprocess;
mod dispatch;
mod logistic;
mod spline;
mod boosted;
mod tree;
mod ensemble;
mod calibration;
mod choice;
mod tune;
mod fitting;
mod polish;

pub use boosted::{Boosted, BoostedChoice};
pub use calibration::Calibration;
pub(crate) use choice::Choice;
pub use choice::Hyperparameters;
pub use dispatch::{Algorithm, Model, probability, round};
pub use ensemble::{BOOSTERS, Ensemble, SPLINE_SHARE};
pub use fitting::FitError;
pub(crate) use fitting::Start;
pub use logistic::{L2, Logistic};
pub use preprocess::Preprocessor;
pub use row::{Row, Rows};
pub use scaling::{MedianImputer, ScalingError, StandardScaler};
pub use spline::{Spline, SplineChoice};
pub(crate) use tune::inner_folds;
pub use vitals_core::domain::prediction::RiskLevel;
