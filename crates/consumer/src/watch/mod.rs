//! The watch: readings to scores and alarms, in a consumer group of its own, so that alarms never
//! wait for storage.
//!
//! ```text
//!            vitals          patient-context, ward-actions
//!               │                       │ topic_reader
//!  client ──▶ session ◀────────── ward_inputs
//!               │
//!      ward: partition ── patient: vitals_core::domain::watch ──▶ publisher ──▶ alerts
//!               ▲                                                   └───────▶ patient-status
//!               │ restoring: committed offset, patient-status, the newest alerts     │
//!               └──────────────── status_log: states that others publish ◀───────────┘
//! ```
//!
//! One thread judges, one session after another (`role`). Requests that may wait for a broker have
//! threads of their own (`restoring`, `end_requests`, `state_requests`, `committer`). Alerts are
//! delivered before the states that follow from them, and both before the offset of the reading is
//! committed. A later owner therefore judges from the committed offset, or from a patient's state if
//! that is newer, and skips the alerts that are on the topic already:
//! their ids depend on the readings alone.

mod role;
mod session;
mod assignment;
mod pace;
mod delivery;
mod commit;
mod committer;
mod client;
mod topics;
mod topic_reader;
mod partition_finder;
mod ward_inputs;
mod partition_settings;
mod received;
mod read_time;
mod ward;
mod admission;
mod newcomers;
mod held_reading;
mod partition;
mod log_end;
mod end_requests;
mod membership;
mod ghosts;
mod orphans;
mod outgoing;
mod patient;
mod publication;
mod neighbours;
mod replay_window;
mod restoring;
mod restore;
mod positions;
mod standing;
mod status_log;
mod home;
mod state_requests;
mod state_fetches;
mod state_fetcher;
mod committed;
mod takeover;
mod state_queue;
mod publisher;
mod topic_writer;
mod in_flight;
mod recorder;
mod watch_status;
mod failure_log;
mod burden;
mod what_if;
pub mod commands;
#[cfg(test)]
mod tests;

use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, readiness::Readiness, tasks::Tasks};

pub(crate) use self::{
    burden::{Burden, BurdenStatus},
    recorder::WatchRecorder,
    watch_status::WatchStatus,
};

/// The status of the watch, and the alarm burden of the ward.
#[derive(Debug, Clone)]
pub(crate) struct WatchSources {
    pub(crate) recorder: WatchRecorder,
    pub(crate) burden: BurdenStatus,
}

/// Starts the watch and the report of the alarm burden.
pub(crate) fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    readiness: &Readiness,
    shutdown: &CancellationToken,
) -> WatchSources {
    let recorder = role::start(tasks, settings, readiness.clone(), shutdown);
    let burden = burden::start(tasks, settings, shutdown);
    WatchSources { recorder, burden }
}
