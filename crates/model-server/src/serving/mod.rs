//! What serves: the loaded models, which of them answers, and what happens after an answer.
//!
//! A request takes the pool of models as it is when it comes and keeps it to its end. A change
//! makes a new pool beside it and puts that in its place, so no request waits for a change or
//! loses its model.

mod state;
mod model_pool;
mod loaded_model;
mod response_template;
mod lifecycle;
mod watcher;
mod prediction_log;

pub(crate) use lifecycle::ChangeError;
pub(crate) use loaded_model::LoadedModel;
pub(crate) use model_pool::{ModelPool, VersionState, Versions};
pub(crate) use prediction_log::{ServedRequest, LogStatus, PredictionLog, ServedRows};
pub(crate) use response_template::ResponseTemplate;
pub(crate) use state::ServingState;
pub(crate) use watcher::watch;
