//! Predictions over HTTP: the model server, a bare axum server, and two Python baselines.
//!
//! ```text
//! first processor                second processor
//! one server at a time   <----   wrk, and this process with the prediction log's broker
//! ```

mod comparison;

mod servers;
pub mod bare_axum;
mod python;

mod payloads;
mod load;
mod rounds;

pub use self::comparison::{Options, run};
