//! The card's plots as SVG: the same bytes from the same figures.

mod files;
mod chart;
mod roc;
mod calibration;
mod shap;

pub use files::plots;
