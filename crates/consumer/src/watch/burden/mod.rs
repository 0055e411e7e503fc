//! The alarm burden: alarms per patient-day, short and acknowledged ones, and where they come from.
//!
//! ```text
//!  alerts, patient-status ──▶ reader (thread) ──▶ log ──▶ report: GET /watch/burden, /metrics
//!                                     what-if ──▶ log ──▶ report: printed
//! ```

mod log;
mod report;
mod reader;

pub(crate) use self::{
    log::{Alarm, BurdenLog},
    reader::{BurdenStatus, start},
    report::Burden,
};
