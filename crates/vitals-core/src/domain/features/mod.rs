//! The eight features of the Pima diabetes data, and the values of a person for them.
//!
//! ```text
//! request body --fast_path--> Features          an array of valid rows
//!      |
//!      +--parse--> FeaturesJson --> Features, or every FieldError
//! ```
//!
//! `catalog` is the single source of everything about a feature: its name in a request, its column
//! in the training data, its label in a form, the accepted range, and whether zero means "not
//! measured". Training, serving, the form and the OpenAPI document read it.

mod catalog;
mod error;
mod values;
mod parse;
mod fast_path;
mod request;
#[cfg(test)]
mod tests;

pub use catalog::{FEATURE_COUNT, FEATURES, Feature};
pub use error::{FeaturesError, FieldError, FieldProblem};
pub use parse::FeaturesJson;
pub use request::FeatureRows;
pub use values::Features;
