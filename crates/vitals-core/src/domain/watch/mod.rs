//! The watch of one patient: conditions, occurrences and signals of alarms.
//!
//! ```text
//! reading --> bedside::Patient --> limit_rules, score_rule, technical_rules, anomaly
//! context -->        |                         | findings (true now)
//! time ----->   limit_table                 tracker (delay, hysteresis)
//!                                              | transitions
//! action ----------------------------------> occurrence (acknowledged, silenced, escalated)
//!                                              |
//!                                   AlertEvent, PatientStatus
//! ```
//!
//! The *condition* is true or false now, the *occurrence* is one episode of it with an id, the *signal*
//! is what a ward hears and sees of it. Delays and hysteresis turn conditions into occurrences; an
//! acknowledgement or a silence changes the signal and never the condition. Every time is an arrival
//! time, and every deadline is judged at its own time, so a replay of the same messages gives the same
//! events with the same ids.

mod rule;
mod action;
mod settings;

mod limit_table;
mod finding;
mod limit_rules;
mod score_rule;
mod stuck;
mod technical_rules;
mod anomaly;

mod tracker;
mod occurrence;
mod event;
mod event_decode;

mod state;
mod patient_watch;
mod judge;
mod people;

pub mod derived;
mod status;
mod report;
mod status_message;

#[cfg(test)]
mod tests;

pub use self::{
    action::{Act, MAX_NOTE_BYTES, MAX_SILENCE_MS, WardAction},
    event::{AlertEvent, AlertKind},
    event_decode::decode,
    limit_table::LimitOverride,
    occurrence::{Acknowledgement, Occurrence, Silence},
    patient_watch::{MAX_SETBACK_MS, PatientWatch},
    rule::{Priority, Rule, Side},
    settings::{AnomalySettings, News2Settings, SignalSettings, TechnicalSettings, WatchSettings},
    state::WatchState,
    status::{Alarm, LatestValue, PatientStatus, ScoreStatus},
    status_message::StatusMessage,
};
