//! One browser's event stream.

use std::{collections::VecDeque, convert::Infallible, sync::Arc};

use axum::body::Bytes;
use futures::Stream;
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, Interval, MissedTickBehavior, interval_at},
};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::clock::now_ms;

use super::{
    frame::{Frame, FrameContent},
    hub::{Hub, Subscription},
    sse,
};
use crate::{
    metrics::{self, BrowserGauge},
    wire::{PatientState, WardUpdate},
};

/// An event stream: a snapshot, then updates and heartbeats.
///
/// Frames missed by a slow browser are counted, not queued; the stream resumes with a snapshot.
#[derive(Debug)]
pub struct Subscriber {
    hub: Arc<Hub>,
    /// The only patient of the stream; `None` for the whole ward.
    patient: Option<String>,
    frames: Receiver<Arc<Frame>>,
    /// Serialized events that are not sent yet.
    pending: VecDeque<Bytes>,
    heartbeat: Interval,
    skipped: u64,
    shutdown: CancellationToken,
    _connected: BrowserGauge,
}

impl Subscriber {
    /// Subscribes to the ward, or to one patient. The stream ends on `shutdown`.
    ///
    /// # Errors
    /// If serialization fails, which is a bug.
    pub fn new(
        hub: Arc<Hub>,
        patient: Option<String>,
        shutdown: CancellationToken,
    ) -> serde_json::Result<Self> {
        let Subscription { frames, last_frame, snapshot } =
            hub.subscribe(patient.as_deref(), now_ms())?;
        let mut pending = VecDeque::from([sse::RETRY]);
        pending.extend(sse::snapshot(last_frame, snapshot));

        let interval = hub.heartbeat_interval();
        let mut heartbeat = interval_at(Instant::now() + interval, interval);
        // After a pause, one heartbeat is enough.
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);

        let mut subscriber = Self {
            hub,
            patient,
            frames,
            pending,
            heartbeat,
            skipped: 0,
            shutdown,
            _connected: BrowserGauge::increment(),
        };
        // Immediately, so that the page shows the state of the Kafka connection.
        subscriber.push_heartbeat()?;
        Ok(subscriber)
    }

    /// The events as a response body.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, async |mut subscriber| {
            let bytes = subscriber.next().await?;
            Some((Ok(bytes), subscriber))
        })
    }

    /// The next bytes of the body; `None` at its end.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(bytes) = self.pending.pop_front() {
                return Some(bytes);
            }
            // In this order: shutdown ends the stream even while frames arrive, and a busy ward
            // does not delay the heartbeat.
            let pushed = tokio::select! {
                biased;
                () = self.shutdown.cancelled() => return None,
                _ = self.heartbeat.tick() => self.push_heartbeat(),
                frame = self.frames.recv() => match frame {
                    Ok(frame) => self.push_frame(&frame),
                    Err(RecvError::Lagged(missed)) => self.skip(missed),
                    Err(RecvError::Closed) => return None,
                },
            };
            if let Err(error) = pushed {
                tracing::error!(%error, "cannot serialize an event, closing the stream");
                return None;
            }
        }
    }

    fn push_frame(&mut self, frame: &Frame) -> serde_json::Result<()> {
        match (&frame.content, &self.patient) {
            (FrameContent::Removal, _) => self.resubscribe()?,
            (FrameContent::Update { event, .. }, None) => self.pending.push_back(event.clone()),
            (FrameContent::Update { update, .. }, Some(id)) => {
                // A stream of one patient gets its own small update.
                if let Some(patient) = find(&update.patients, id) {
                    let update = WardUpdate {
                        server_time_ms: update.server_time_ms,
                        newest_arrival_ms: Some(patient.last_arrival_ms),
                        watch_stopped_ms: update.watch_stopped_ms,
                        patients: vec![patient.clone()],
                    };
                    self.pending.push_back(sse::update(frame.id, &update)?);
                }
            }
        }
        Ok(())
    }

    /// Counts missed frames and resumes with a snapshot. The heartbeat carries the count.
    fn skip(&mut self, missed: u64) -> serde_json::Result<()> {
        self.skipped += missed;
        metrics::count_skipped_frames(missed);
        self.resubscribe()?;
        self.push_heartbeat()
    }

    /// Continues with a snapshot and the frames after it.
    fn resubscribe(&mut self) -> serde_json::Result<()> {
        let Subscription { frames, last_frame, snapshot } =
            self.hub.subscribe(self.patient.as_deref(), now_ms())?;
        // The frames that this subscriber missed are part of the snapshot.
        self.frames = frames;
        self.pending.extend(sse::snapshot(last_frame, snapshot));
        Ok(())
    }

    fn push_heartbeat(&mut self) -> serde_json::Result<()> {
        let heartbeat = self.hub.heartbeat(now_ms(), self.skipped);
        self.pending.push_back(sse::heartbeat(&heartbeat)?);
        Ok(())
    }
}

/// Finds a patient in a list sorted by id.
fn find<'a>(patients: &'a [PatientState], id: &str) -> Option<&'a PatientState> {
    let index = patients.binary_search_by(|patient| patient.patient_id.as_str().cmp(id)).ok()?;
    patients.get(index)
}
