//! The plots of a card, as SVG. The same figures give the same bytes.

mod files;
mod chart;
mod roc;
mod calibration;
mod shap;

pub use files::{contribution_plot, validation_plots};
