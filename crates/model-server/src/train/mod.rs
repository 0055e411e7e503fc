//! Training and evaluation.
//!
//! ```text
//! train:     Dataset --> cross_validate --> Pipeline::fit on all rows --> Registry::save --> Card, plots
//! evaluate:  Dataset --> cross_validate --> report, metrics.json, summary
//! ```

mod dataset;
mod cross_validation;
mod trainer;
mod card;
mod evaluate;
mod report;

pub use card::{Card, markdown, plots};
pub use cross_validation::{OutOfFold, Protocol, Validation, ValidationError, cross_validate};
pub use dataset::{DataError, DataProblem, Dataset, OUTCOME};
pub use evaluate::{Evaluation, Subject, evaluate};
pub use trainer::{Plan, run};
