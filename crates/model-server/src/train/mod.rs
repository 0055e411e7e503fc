//! Training and evaluation.
//!
//! ```text
//! train:     Dataset --> cross_validate --> Pipeline::fit on all rows --> Resamples --> Registry::save --> Card, plots
//! evaluate:  Dataset --> cross_validate --> report, metrics.json, summary
//!            other Dataset --> score_saved --> figures of the saved version with intervals
//! ```

mod dataset;
mod cross_validation;
mod resamples;
mod operating;
mod source_commit;
mod known_people;
mod trainer;
mod card;
mod evaluate;
mod report;

pub use card::{
    Card, Evidence, ExternalCalibration, Interval, contribution_plot, markdown, validation_plots,
};
pub use cross_validation::{
    OutOfFold, Protocol, Validation, ValidationError, cross_validate, score_saved,
};
pub use dataset::{DataError, DataProblem, Dataset, OUTCOME};
pub use evaluate::{Evaluation, Subject, evaluate};
pub use known_people::known_people;
pub(crate) use report::progress;
pub use resamples::Resamples;
pub(crate) use source_commit::DIRTY;
pub use trainer::{Plan, run};
