//! The HTTP API and the pages.
//!
//! ```text
//! /api/live                   event_stream     <- live::Subscriber
//! /api/ward, /api/limits      ward_api         <- live::Hub, alert_limits
//! /api/status, /api/time      service_status   <- every dependency
//! /api/patients/{id}/history  patient_history  <- history_client
//! /api/history                patient_history  <- history_client
//! /api/alarms                 patient_alarms   <- history_client
//! /api/statistics             statistics_api   <- statistics_client
//! /api/statistics/live        statistics_api   <- live::Hub
//! /api/predict, /api/explain  model_proxy      <- model_client
//! /api/model, /api/models     model_proxy      <- model_client
//! /api/models/...             model_proxy      <- model_client
//! /api/activity               activity_api     <- activity_client, activity::ActivityLog
//! /api/activity/live          activity_api     <- activity::Recent
//! /api/pipeline               pipeline_api     <- pipeline::Monitor
//! /api/openapi.json           openapi
//! everything else             static_pages
//! ```
//!
//! A proxy may publish all of it under a path of its own: `base_path`.

mod app;
mod base_path;
mod router;

mod event_stream;
mod internal_error;
mod pipeline_api;
mod service_status;
mod ward_api;

mod activity_api;
mod patient_alarms;
mod patient_history;
mod period;
mod statistics_api;

mod model_proxy;

mod openapi;
mod problem_responses;

mod security_headers;
mod static_pages;

pub use self::{app::App, base_path::BasePath, router::router};
