//! The pure part of the core, in the order of the data.
//!
//! ```text
//! payload --decode--> Reading + Flags + Refused --news2--> Score
//!                \--> Rejection
//!
//! request --features--> Features --(model server)--> PredictionEvent --encode--> payload
//! ```

pub mod log_id;
pub mod offset_range;
pub mod vital;
pub mod reading;
pub mod flags;
pub mod rejection;
pub mod refused;
pub mod rounding;
pub mod decode;
mod json_object;
pub mod news2;
pub mod patient_context;
pub mod limits;
pub mod bedside;
pub mod watch;
pub mod features;
pub mod prediction;
pub mod model_event;
pub mod activity;
