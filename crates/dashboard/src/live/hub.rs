//! The state shared by ingest, the ticker and the subscribers.

use std::{
    ops::RangeInclusive,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use tokio::sync::{Notify, broadcast};
use vitals_core::{
    domain::{decode::Decoded, patient_context::PatientContext},
    runtime::{clock::now_ms, kafka::READINESS_CONDITION, readiness::Readiness},
};

use super::{frame::Frame, snapshot_cache::SnapshotCache};
use crate::{
    metrics,
    statistics::{GAP_LIMIT_MS, Recent, Report, Scope},
    ward::{Ward, Watched, newest_arrival_ms},
    wire::{Heartbeat, LiveSettings, Statistics, StatisticsSource, WardSnapshot},
};

/// Time that a subscriber may lag behind the broadcast channel. One that lags further resumes with
/// a snapshot.
const MAX_LAG: Duration = Duration::from_secs(2);

/// Bounds of the channel's capacity, in frames.
const FRAME_CAPACITY: RangeInclusive<u128> = 8..=64;

/// The ward, and the broadcast channel of its frames.
#[derive(Debug)]
pub struct Hub {
    state: Mutex<State>,
    pub(super) frames: broadcast::Sender<Arc<Frame>>,
    /// Wakes the ticker when a reading arrives.
    pub(super) reading_arrived: Notify,
    readiness: Readiness,
    settings: LiveSettings,
    /// The readings from before the start are applied.
    restored: AtomicBool,
}

#[derive(Debug)]
struct State {
    ward: Ward,
    recent: Recent,
    /// Id of the last frame, which is also the number of frames.
    last_frame: u64,
    snapshots: SnapshotCache,
}

/// A snapshot and the receiver of every later frame.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) frames: broadcast::Receiver<Arc<Frame>>,
    /// The last frame included in the snapshot.
    pub(super) last_frame: u64,
    pub(super) snapshot: Bytes,
}

impl Hub {
    /// A hub for `ward` that publishes at most one frame per `tick` and reuses a serialized snapshot
    /// for as long.
    #[must_use]
    pub fn new(ward: Ward, readiness: Readiness, settings: LiveSettings, tick: Duration) -> Self {
        let snapshots = SnapshotCache::new(tick);
        Self {
            state: Mutex::new(State {
                ward,
                recent: Recent::new(now_ms()),
                last_frame: 0,
                snapshots,
            }),
            frames: broadcast::Sender::new(frame_capacity(tick)),
            reading_arrived: Notify::new(),
            readiness,
            settings,
            restored: AtomicBool::new(false),
        }
    }

    /// Applies a reading that arrived at `arrival_ms` and was received at `now_ms`.
    pub fn apply(&self, decoded: &Decoded<'_>, arrival_ms: i64, now_ms: i64) {
        let State { ward, recent, .. } = &mut *self.state();
        ward.apply(decoded, arrival_ms, now_ms);
        let id = ward.current_id(&decoded.reading.patient_id);
        recent.add((&id, ward.location_of(&id)), decoded, (arrival_ms, now_ms));
        self.reading_arrived.notify_one();
    }

    /// Counts a rejected message that arrived at `arrival_ms` and was received at `now_ms`.
    pub fn reject(&self, reason: &str, payload: &[u8], arrival_ms: i64, now_ms: i64) {
        self.state().recent.reject(reason, payload, (arrival_ms, now_ms));
    }

    /// Counts the present state of every monitored patient for `held_ms`.
    pub fn sample(&self, now_ms: i64, held_ms: i64) {
        let State { ward, recent, .. } = &mut *self.state();
        for (name, sample) in ward.samples(now_ms, GAP_LIMIT_MS) {
            recent.hold(name, &sample, held_ms, now_ms);
        }
    }

    /// The statistics of the last `minutes`, of `ward` or of all.
    #[must_use]
    pub fn statistics(&self, minutes: i64, ward: Option<String>, now_ms: i64) -> Statistics {
        let recent = self.state().recent.tally(minutes, ward.as_deref(), now_ms);
        let source = StatisticsSource::Live;
        let scope = Scope { source, now_ms, from_ms: recent.from_ms, to_ms: now_ms, ward };
        Report { scope, tally: recent.tally, rejections: recent.rejections }.into_statistics()
    }

    /// Applies a reading from before the start.
    pub fn restore(&self, decoded: &Decoded<'_>, arrival_ms: i64) {
        self.state().ward.restore(decoded, arrival_ms);
        self.reading_arrived.notify_one();
    }

    /// Sets the context of a patient, or removes it.
    pub fn set_context(&self, id: &str, context: Option<PatientContext>) {
        self.state().ward.set_context(id, context);
        self.reading_arrived.notify_one();
    }

    /// Sets the alarms of a patient, or removes them.
    pub fn set_watched(&self, id: &str, watched: Option<Watched>) {
        self.state().ward.set_watched(id, watched);
        self.reading_arrived.notify_one();
    }

    /// Declares that the readings from before the start are applied: a missing part of a score is
    /// now known to be missing.
    pub fn set_restored(&self) {
        self.restored.store(true, Ordering::Relaxed);
    }

    /// The ward at `now_ms`, as the JSON of a [`WardSnapshot`].
    ///
    /// # Errors
    /// If serialization fails, which is a bug.
    pub fn snapshot(&self, now_ms: i64) -> serde_json::Result<Bytes> {
        self.ward_snapshot(&mut self.state(), now_ms)
    }

    /// Number of patients on the ward.
    #[must_use]
    pub fn patients(&self) -> usize {
        self.state().ward.len()
    }

    /// Readings per second, over the five seconds before `now_ms`.
    #[must_use]
    pub fn readings_per_s(&self, now_ms: i64) -> f64 {
        self.state().ward.readings_per_s(now_ms)
    }

    /// Arrival of the newest reading from any patient.
    #[must_use]
    pub fn newest_arrival_ms(&self) -> Option<i64> {
        self.state().ward.last_arrival_ms()
    }

    /// Number of open event streams.
    #[must_use]
    pub fn browsers(&self) -> usize {
        self.frames.receiver_count()
    }

    /// Returns true while the topic is being read.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.readiness.holds(READINESS_CONDITION)
    }

    pub(super) const fn heartbeat_interval(&self) -> Duration {
        Duration::from_millis(self.settings.heartbeat_ms)
    }

    pub(super) fn heartbeat(&self, now_ms: i64, skipped: u64) -> Heartbeat {
        Heartbeat {
            server_time_ms: now_ms,
            connected: self.is_connected(),
            restoring: !self.restored.load(Ordering::Relaxed),
            newest_arrival_ms: self.state().ward.last_arrival_ms(),
            skipped,
        }
    }

    /// Subscribes to the ward, or to one patient.
    pub(super) fn subscribe(
        &self,
        patient: Option<&str>,
        now_ms: i64,
    ) -> serde_json::Result<Subscription> {
        let mut state = self.state();
        let snapshot = match patient {
            None => self.ward_snapshot(&mut state, now_ms)?,
            Some(id) => self.serialize(&state.ward, now_ms, Some(id))?,
        };
        // Under the same lock as the snapshot: no frame is published between the two.
        let frames = self.frames.subscribe();
        Ok(Subscription { frames, last_frame: state.last_frame, snapshot })
    }

    /// Publishes the changes up to `now_ms` as a frame. Returns false if nothing changed.
    pub(super) fn publish(&self, now_ms: i64) -> serde_json::Result<bool> {
        // Lock until the frame is sent, so that no subscription falls between state and frame.
        let mut state = self.state();
        let changes = state.ward.take_changes(now_ms);
        metrics::set_patients(state.ward.len());
        if changes.patients.is_empty() && !changes.removed {
            return Ok(false);
        }

        // Serialize once, for every subscriber of the ward.
        state.last_frame += 1;
        let watch_stopped_ms = state.ward.watch_stopped_ms();
        let frame = Frame::new(state.last_frame, changes, watch_stopped_ms, now_ms)?;
        metrics::count_frame();
        // An error only means that there is no subscriber.
        let _receivers = self.frames.send(Arc::new(frame));
        Ok(true)
    }

    /// A snapshot of the whole ward, from the cache if it is current.
    fn ward_snapshot(&self, state: &mut State, now_ms: i64) -> serde_json::Result<Bytes> {
        if let Some(json) = state.snapshots.get(state.last_frame) {
            return Ok(json);
        }
        let json = self.serialize(&state.ward, now_ms, None)?;
        state.snapshots.put(state.last_frame, json.clone());
        Ok(json)
    }

    fn serialize(
        &self,
        ward: &Ward,
        now_ms: i64,
        patient: Option<&str>,
    ) -> serde_json::Result<Bytes> {
        let patients = ward.states(now_ms, patient);
        let snapshot = WardSnapshot {
            server_time_ms: now_ms,
            newest_arrival_ms: newest_arrival_ms(&patients),
            watch_stopped_ms: ward.watch_stopped_ms(),
            settings: self.settings,
            patients,
            trends: ward.trends(patient),
        };
        Ok(serde_json::to_vec(&snapshot)?.into())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A poisoned lock is recovered: a panic in one request must not take the ward down.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The number of frames in [`MAX_LAG`].
fn frame_capacity(tick: Duration) -> usize {
    let frames = MAX_LAG.as_millis() / tick.as_millis().max(1);
    let (low, high) = FRAME_CAPACITY.into_inner();
    usize::try_from(frames.clamp(low, high)).unwrap_or(usize::MAX)
}
