//! The models in memory, and everything that happens around a prediction.
//!
//! ```text
//!                    watcher (every poll interval)
//!                          |
//! admin routes --> lifecycle --builds--> new ModelPool --swap--> ServingState --pool()--> handler
//!                                                                      |
//!                                                     handler --log()--> prediction_log
//! ```
//!
//! A handler takes the [`ModelPool`] current at its start and keeps it until its response. A
//! change builds a new pool and swaps it in, so no request waits for a change or loses its model.

mod state;
mod model_pool;
mod loaded_model;
mod response_template;
mod lifecycle;
mod watcher;
mod event_publisher;
mod published_events;
mod prediction_log;

pub(crate) use event_publisher::EventPublisher;
pub(crate) use lifecycle::ChangeError;
pub(crate) use loaded_model::LoadedModel;
pub(crate) use model_pool::{ModelPool, VersionState, Versions};
pub(crate) use prediction_log::{
    LogStatus, Origin, PredictionLog, ServedRequest, ServedRows, Submission,
};
pub(crate) use response_template::{ResponseTemplate, WarningTexts};
pub(crate) use state::ServingState;
pub(crate) use watcher::watch;
