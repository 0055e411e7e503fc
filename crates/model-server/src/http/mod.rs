//! The HTTP API. A request goes body -> predict -> write; the rest describes, manages and counts.

mod router;
mod request;
mod predict;
mod explain;
mod models;
mod admin;
mod response;
mod response_json;
mod description;
mod docs_page;
mod openapi;
mod v2;

pub use description::{Description, FeatureDescription};
pub use response::{PredictResponse, Contribution};
pub(crate) use router::router;
