//! The state of one patient, folded from readings that may arrive out of order.
//!
//! ```text
//! reading -> patient (latest values)
//!               |  signal (one vital, by device), device (clock offset), refusals, conflict
//!             chosen (the value that counts, of several devices)
//!               |
//!             score (NEWS2 of the values that are recent enough), assessment (its parts, the rank)
//!             conditions (lost signals, refused fields, conflicting sources)
//! ```
//!
//! The watch judges this state and the dashboard shows it, so both agree. The newest value is the
//! one that arrived last, unless it was measured earlier and is late (`Devices::replaces`).

mod device;
mod device_clock;
mod clock_course;
mod latest;
mod conflict;
mod places;
mod refusals;
mod signal;
mod patient;

mod chosen;
mod score;
mod assessment;
mod critical;
mod lost_pressure;
mod conditions;

pub use self::{
    assessment::{Assessment, PartScore, Rank, assess, rank_band},
    chosen::{chosen, rate},
    clock_course::ClockCourse,
    conditions::{Condition, ConditionKind, ConditionPriority, conditions},
    conflict::{Claimed, Claims, Conflicts},
    device::{Device, Devices},
    device_clock::{CLOCK_TOLERANCE_MS, DeviceClock},
    latest::{Latest, Stamp},
    patient::{Location, Patient},
    score::{
        CONTINUOUS_MS, OBSERVED_MS, expires_ms, known_score, not_applicable, valid, valid_score,
    },
    signal::{Measurement, Purpose, Signal},
};
