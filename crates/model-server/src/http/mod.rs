//! The HTTP API.
//!
//! ```text
//! router --> request (body, id) --> predict | explain | v2 --> response_json --> client
//!                                        |
//!                                   AppState: response counters, x-request-id, prediction log
//!
//! learned, models, description: read the model pool      model_changes: replaces it, guarded by admin
//! ```
//!
//! Every error of a client is a problem document (RFC 9457), except under `/v2`, where the
//! protocol defines its own. [`openapi`] describes the routes; no route depends on it.

mod router;
mod state;
mod path;
mod errors;
mod memory;
mod content_encoding;
mod request_context;
mod request;
mod predict;
mod response;
mod response_json;
mod explain;
mod learned;
mod model_problems;
mod models;
mod model_changes;
mod admin;
mod description;
mod problem_responses;
mod schemas;
mod openapi;
mod docs_page;
mod v2;
#[cfg(test)]
mod typescript;

pub use description::{Description, FeatureDescription, RiskBandsDescription};
pub(crate) use errors::error_response;
pub use response::{Contribution, PredictResponse, Warning};
pub(crate) use router::router;
