//! One browser's stream.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::body::Bytes;
use futures::Stream;
use metrics::{counter, gauge};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::clock::now_ms;

use super::{Frame, Live, News, Start, sse};
use crate::wire::{PatientState, WardUpdate};

/// A stream of events: a snapshot, then what changes, and heartbeats.
///
/// Nothing queues for a browser that doesn't read: frames that it missed are counted, and it
/// continues with a snapshot.
#[derive(Debug)]
pub struct Browser {
    live: Arc<Live>,
    patient: Option<String>,
    frames: Receiver<Arc<Frame>>,
    ready: VecDeque<Bytes>,
    heartbeat: Interval,
    skipped: u64,
    shutdown: CancellationToken,
    _counted: Counted,
}

/// Counts a browser as long as it is there.
#[derive(Debug)]
struct Counted;

impl Counted {
    fn new() -> Self {
        gauge!("vitals_dashboard_browsers").increment(1);
        Self
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        gauge!("vitals_dashboard_browsers").decrement(1);
    }
}

impl Browser {
    /// A stream of everybody, or of one patient, with a heartbeat `every` so often; it ends on
    /// `shutdown`.
    ///
    /// # Errors
    /// When the snapshot can't be written, which is a bug.
    pub fn join(
        live: Arc<Live>,
        patient: Option<String>,
        every: Duration,
        shutdown: CancellationToken,
    ) -> serde_json::Result<Self> {
        let Start { frames, frame, snapshot } = live.join(patient.as_deref(), now_ms())?;
        let mut heartbeat = interval_at(Instant::now() + every, every);
        // After a pause one heartbeat is enough.
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut ready = VecDeque::from([sse::RETRY]);
        ready.extend(sse::snapshot(frame, snapshot));
        let (skipped, _counted) = (0, Counted::new());
        let mut browser =
            Self { live, patient, frames, ready, heartbeat, skipped, shutdown, _counted };
        // At once, so that the page knows whether readings can arrive.
        browser.show_heartbeat()?;
        Ok(browser)
    }

    /// The events as the body of an answer.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, async |mut browser| {
            let bytes = browser.next().await?;
            Some((Ok(bytes), browser))
        })
    }

    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.ready.pop_front() {
                return Some(bytes);
            }
            let made = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                _ = self.heartbeat.tick() => self.show_heartbeat(),
                frame = self.frames.recv() => match frame {
                    Ok(frame) => self.show(&frame),
                    Err(RecvError::Lagged(missed)) => self.catch_up(missed),
                    Err(RecvError::Closed) => return None,
                },
            };
            if let Err(error) = made {
                tracing::error!(%error, "can't write an event");
                return None;
            }
        }
    }

    fn show(&mut self, frame: &Frame) -> serde_json::Result<()> {
        match (&frame.news, &self.patient) {
            (News::Left, _) => self.start_again()?,
            (News::Update { event, .. }, None) => self.ready.push_back(event.clone()),
            (News::Update { update, .. }, Some(id)) => {
                if let Some(patient) = find(&update.patients, id) {
                    let update = WardUpdate {
                        server_time_ms: update.server_time_ms,
                        newest_time_ms: Some(patient.last_time_ms),
                        patients: vec![patient.clone()],
                    };
                    self.ready.push_back(sse::update(frame.id, &update)?);
                }
            }
        }
        Ok(())
    }

    fn catch_up(&mut self, missed: u64) -> serde_json::Result<()> {
        self.skipped += missed;
        counter!("vitals_dashboard_frames_skipped_total").increment(missed);
        self.start_again()?;
        self.show_heartbeat()
    }

    /// Goes on with a snapshot of the present and the frames after it.
    fn start_again(&mut self) -> serde_json::Result<()> {
        let start = self.live.join(self.patient.as_deref(), now_ms())?;
        self.frames = start.frames;
        self.ready.extend(sse::snapshot(start.frame, start.snapshot));
        Ok(())
    }

    fn show_heartbeat(&mut self) -> serde_json::Result<()> {
        let heartbeat = self.live.heartbeat(now_ms(), self.skipped);
        self.ready.push_back(sse::heartbeat(&heartbeat)?);
        Ok(())
    }
}

/// Patients are sorted by id.
fn find<'a>(patients: &'a [PatientState], id: &str) -> Option<&'a PatientState> {
    let index = patients.binary_search_by(|patient| patient.patient_id.as_str().cmp(id)).ok()?;
    patients.get(index)
}
