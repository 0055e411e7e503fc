//! From the ward to the browsers.
//!
//! Readings change the ward; a frame says what changed, is written once and shared by every
//! browser; a browser that is too slow for the frames gets a snapshot instead.

mod sse;
mod subscriber;
mod ticker;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use metrics::{counter, gauge};
use tokio::sync::{Notify, broadcast};
use vitals_core::{domain::decode::Decoded, runtime::readiness::Readiness};

use crate::{
    ward::{Ward, newest},
    wire::{Heartbeat, WardSnapshot, WardUpdate},
};

pub use self::{subscriber::Browser, ticker::publish};

/// The condition of readiness that says whether readings can arrive.
pub const KAFKA: &str = "kafka";

/// Frames that a browser may be behind before it gets a snapshot: two seconds' worth at four
/// a second.
const BEHIND: usize = 8;

/// What the ward and its browsers share.
#[derive(Debug)]
pub struct Live {
    state: Mutex<State>,
    frames: broadcast::Sender<Arc<Frame>>,
    /// Readings came.
    wake: Notify,
    readiness: Readiness,
    /// How long a written snapshot may be used again.
    reuse: Duration,
}

#[derive(Debug)]
struct State {
    ward: Ward,
    /// Number of frames so far, and the id of the last one.
    frame: u64,
    snapshot: Option<Written>,
}

/// A snapshot of everybody, as JSON.
#[derive(Debug)]
struct Written {
    frame: u64,
    at: Instant,
    json: Bytes,
}

/// What every browser is told at one moment.
#[derive(Debug)]
struct Frame {
    id: u64,
    news: News,
}

#[derive(Debug)]
enum News {
    /// These changed: the whole event, and its parts for those who follow one patient.
    Update { event: Bytes, update: WardUpdate },
    /// Somebody left, which only a snapshot can say.
    Left,
}

/// Where a stream begins.
#[derive(Debug)]
struct Start {
    frames: broadcast::Receiver<Arc<Frame>>,
    /// The last frame that the snapshot includes.
    frame: u64,
    snapshot: Bytes,
}

impl Live {
    /// Shares `ward`; a snapshot that is written for one browser serves others for `reuse`.
    #[must_use]
    pub fn new(ward: Ward, readiness: Readiness, reuse: Duration) -> Self {
        let state = State { ward, frame: 0, snapshot: None };
        let (frames, _) = broadcast::channel(BEHIND);
        Self { state: Mutex::new(state), frames, wake: Notify::new(), readiness, reuse }
    }

    /// Takes in a reading that arrived at `now_ms`.
    pub fn apply(&self, decoded: &Decoded<'_>, now_ms: i64) {
        self.state().ward.apply(decoded, now_ms);
        self.wake.notify_one();
    }

    /// Everything that is known at `now_ms`, as the JSON of a
    /// [`WardSnapshot`](crate::wire::WardSnapshot).
    ///
    /// # Errors
    /// When it can't be written, which is a bug.
    pub fn snapshot(&self, now_ms: i64) -> serde_json::Result<Bytes> {
        self.state().snapshot(now_ms, self.reuse)
    }

    /// Number of patients, and readings a second.
    #[must_use]
    pub fn figures(&self, now_ms: i64) -> (usize, f64) {
        let state = self.state();
        (state.ward.len(), state.ward.readings_per_s(now_ms))
    }

    /// Whether readings can arrive.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.readiness.holds(KAFKA)
    }

    fn heartbeat(&self, now_ms: i64, skipped: u64) -> Heartbeat {
        Heartbeat { server_time_ms: now_ms, connected: self.connected(), skipped }
    }

    /// A snapshot and every frame after it, of everybody or of one patient.
    fn join(&self, patient: Option<&str>, now_ms: i64) -> serde_json::Result<Start> {
        let mut state = self.state();
        let snapshot = match patient {
            None => state.snapshot(now_ms, self.reuse)?,
            Some(_) => json(&state.ward.snapshot(now_ms, patient))?,
        };
        // Under the same lock: nothing is published in between.
        Ok(Start { frames: self.frames.subscribe(), frame: state.frame, snapshot })
    }

    /// Tells every browser what changed until `now_ms`; whether anything did.
    fn tell(&self, now_ms: i64) -> serde_json::Result<bool> {
        let mut state = self.state();
        let changes = state.ward.changes(now_ms);
        gauge!("vitals_dashboard_patients")
            .set(u32::try_from(state.ward.len()).unwrap_or(u32::MAX));
        if changes.patients.is_empty() && !changes.left {
            return Ok(false);
        }
        state.frame += 1;
        let id = state.frame;
        let news = if changes.left {
            News::Left
        } else {
            let newest_time_ms = newest(&changes.patients);
            let patients = changes.patients;
            let update = WardUpdate { server_time_ms: now_ms, newest_time_ms, patients };
            News::Update { event: sse::update(id, &update)?, update }
        };
        counter!("vitals_dashboard_frames_total").increment(1);
        // Nobody may be watching.
        let _nobody = self.frames.send(Arc::new(Frame { id, news }));
        Ok(true)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Many browsers may come at once, after a restart for example: they share one snapshot.
    fn snapshot(&mut self, now_ms: i64, reuse: Duration) -> serde_json::Result<Bytes> {
        if let Some(written) = &self.snapshot
            && written.frame == self.frame
            && written.at.elapsed() < reuse
        {
            return Ok(written.json.clone());
        }
        let snapshot: WardSnapshot = self.ward.snapshot(now_ms, None);
        let json = json(&snapshot)?;
        self.snapshot = Some(Written { frame: self.frame, at: Instant::now(), json: json.clone() });
        Ok(json)
    }
}

fn json(value: &impl serde::Serialize) -> serde_json::Result<Bytes> {
    Ok(serde_json::to_vec(value)?.into())
}

#[cfg(test)]
mod tests;
