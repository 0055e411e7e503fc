//! The context of a patient: what decides on the score but no reading carries.
//!
//! Topic `patient-context` is compacted and keyed by patient: the last message of a patient is the
//! whole context, and a tombstone removes it.
//!
//! ```text
//! payload --decode--> PatientContext        change --entry::check--> PatientContext --> payload
//!                \--> Rejection
//! ```

mod context;
mod decode;
mod entry;
mod limits;

pub use self::{
    context::{AgeGroup, NotApplicable, PatientContext, Spo2Prescription, VitalLimits},
    decode::decode,
    entry::{MAX_CONTEXT_TEXT_BYTES, check_entry},
};
