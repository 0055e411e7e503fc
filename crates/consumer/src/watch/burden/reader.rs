//! The thread that follows the alerts and states of the whole ward, and reports the burden of its
//! last 24 hours.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rdkafka::{Message as _, message::BorrowedMessage};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::watch::AlertEvent,
    runtime::{clock::now_ms, config::Settings, tasks::Tasks},
};

use super::{log::BurdenLog, report::Burden};
use crate::{
    metrics,
    watch::{received::latest_ms, topic_reader::TopicReader},
};

/// The period of the report, ms.
const PERIOD_MS: i64 = 86_400_000;

/// Interval of the reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);

/// Upper bound on one poll, and so on the delay until shutdown is noticed.
const POLL_TIMEOUT: Duration = Duration::from_millis(200);

/// Maximum messages of one poll, so that a shutdown is noticed.
const MAX_MESSAGES: usize = 10_000;

/// Wait after a failure, such as a topic that does not exist yet.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);

/// The newest report. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct BurdenStatus(Arc<Mutex<Burden>>);

impl BurdenStatus {
    /// The newest report.
    pub(crate) fn snapshot(&self) -> Burden {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, burden: Burden) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = burden;
    }
}

/// Starts the thread. Returns the report that it keeps.
pub(crate) fn start(
    tasks: &mut Tasks,
    settings: &Settings,
    shutdown: &CancellationToken,
) -> BurdenStatus {
    let status = BurdenStatus::default();
    let settings = settings.clone();
    let (published, shutdown) = (status.clone(), shutdown.clone());
    tasks.spawn_blocking("alarm burden", move || {
        while !shutdown.is_cancelled() {
            if let Err(error) = follow(&settings, &published, &shutdown) {
                tracing::debug!(error = format!("{error:#}"), "alarm burden not read, retrying");
                thread::sleep(RETRY_INTERVAL);
            }
        }
        Ok(())
    });
    status
}

/// The part of a state that counts.
#[derive(Debug, Deserialize)]
struct Observed {
    patient_id: String,
    watched_since_ms: i64,
    last_arrival_ms: Option<i64>,
}

fn follow(
    settings: &Settings,
    published: &BurdenStatus,
    shutdown: &CancellationToken,
) -> anyhow::Result<()> {
    let topics = &settings.kafka.topics;
    let mut log = BurdenLog::default();
    let mut alerts = TopicReader::new(settings, &topics.alerts)?;
    let mut states = TopicReader::new(settings, &topics.patient_status)?;
    let recent = alerts.offsets_since(now_ms() - PERIOD_MS)?;
    let beginning = BTreeMap::new();
    let mut reported: Option<Instant> = None;
    while !shutdown.is_cancelled() {
        alerts.poll(POLL_TIMEOUT, MAX_MESSAGES, |message| apply_alert(&mut log, message));
        states.poll(Duration::ZERO, MAX_MESSAGES, |message| apply_state(&mut log, message));
        if reported.is_none_or(|at| at.elapsed() >= REPORT_INTERVAL) {
            reported = Some(Instant::now());
            // Partitions may be added.
            alerts.assign_new(&recent)?;
            states.assign_new(&beginning)?;
            // By the clock of the data, so that a replayed recording has a burden too.
            let from_ms = log.newest_ms() - PERIOD_MS;
            log.forget_before(from_ms);
            let burden = log.report(from_ms, log.newest_ms());
            metrics::set_burden(&burden);
            published.set(burden);
        }
    }
    Ok(())
}

/// Applies an alert. A time in the future would end the period of the report there, without any alarm
/// of the present.
fn apply_alert(log: &mut BurdenLog, message: &BorrowedMessage<'_>) {
    let event =
        message.payload().and_then(|value| serde_json::from_slice::<AlertEvent>(value).ok());
    match event {
        Some(event) if event.at_ms <= latest_ms(message.timestamp(), now_ms()) => log.apply(&event),
        _ => metrics::count_watch_rejected(message.topic()),
    }
}

/// Applies a state, unless it is a tombstone.
fn apply_state(log: &mut BurdenLog, message: &BorrowedMessage<'_>) {
    let Some(payload) = message.payload() else { return };
    match serde_json::from_slice::<Observed>(payload) {
        Ok(Observed { patient_id, watched_since_ms, last_arrival_ms: Some(until_ms) })
            if until_ms <= latest_ms(message.timestamp(), now_ms()) =>
        {
            log.observe(&patient_id, watched_since_ms, until_ms);
        }
        Ok(Observed { last_arrival_ms: None, .. }) => {}
        _ => metrics::count_watch_rejected(message.topic()),
    }
}
