//! Training: read, cross-validate, fit on everything, save. And validating again.

mod dataset;
mod cross_validation;
mod trainer;
mod card;
mod evaluate;
mod report;

pub use card::{Card, markdown, plots};
pub use cross_validation::{
    Figures, OutOfFold, Protocol, Spread, Validation, ValidationError, cross_validate,
};
pub use dataset::{DataError, DataProblem, DataSource, Dataset, OUTCOME};
pub use evaluate::{Evaluation, Subject, evaluate};
pub use trainer::{Plan, run};
