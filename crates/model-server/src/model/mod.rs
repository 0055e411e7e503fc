//! The algorithms: from measured values to log-odds.
//!
//! ```text
//! measured values --> Preprocessor (limit, impute, scale) --> Row --> Model --> log-odds --> Calibration
//!
//! fitting:  Choice::search (tune, inner folds) --> Choice::fit --> Logistic | Spline | Boosted | Ensemble
//! ```
//!
//! Every model is fitted on [`Rows`] and scores a [`Row`]; [`Model`] dispatches to the fitted
//! algorithm. Nothing here depends on files, requests or training protocols.

mod row;
mod scaling;
mod observed;
mod preprocess;
mod algorithm;
mod dispatch;
mod logistic;
mod spline;
mod boosted;
mod tree;
mod ensemble;
mod calibration;
mod choice;
mod tune;
mod monotone;
mod curve;
mod hyperparameters;
mod fitting;
mod newton;

pub use algorithm::Algorithm;
pub use boosted::{Boosted, BoostedChoice};
pub use calibration::Calibration;
pub(crate) use choice::Choice;
pub use dispatch::Model;
pub use ensemble::{BOOSTERS, Ensemble, SPLINE_SHARE};
pub use fitting::FitError;
pub(crate) use fitting::Start;
pub use hyperparameters::Hyperparameters;
pub use logistic::{L2, Logistic};
pub use observed::ObservedRange;
pub use preprocess::Preprocessor;
pub use row::{Row, Rows};
pub use scaling::{MedianImputer, ScalingError, StandardScaler};
pub use spline::{Spline, SplineChoice};
pub(crate) use tune::inner_folds;
pub use vitals_core::domain::prediction::{RiskBands, RiskLevel};
