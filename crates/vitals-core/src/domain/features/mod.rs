//! The eight features of the Pima diabetes data, and a person's values for them.
//!
//! One table says everything about a feature: the name it has in a request, the column it has
//! in the training data, what a form shows, which values are possible, and whether zero stands
//! for "not measured". Training, serving, the form and the API document all read this table.

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
pub use request::People;
pub use values::Features;
