//! The handle that requests submit to.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use thiserror::Error;
use vitals_core::runtime::config::{KafkaSettings, PredictionLogSettings};

use super::{
    ServedRequest,
    acknowledgements::{Acknowledgement, Acknowledgements},
    buffer::Buffer,
    publisher::Publisher,
    status::{LogCounts, LogStatus},
    worker::LogWorker,
};

/// Longest wait for room in the buffer while records flow to the broker.
const ROOM_TIMEOUT: Duration = Duration::from_secs(5);

/// Interval at which a waiting request looks at the state of the broker.
const ROOM_CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// The reason a request was refused. A retry may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum LogError {
    /// The buffer stayed full.
    #[error("the prediction log is behind; retry after the time in Retry-After")]
    Behind,
    /// The log is mandatory, and Kafka did not acknowledge the record in time.
    #[error("the prediction could not be logged; retry after the time in Retry-After")]
    NotAcknowledged,
}

/// A submitted request: its records that found no room yet, and the acknowledgement it needs.
#[derive(Debug, Default)]
pub(crate) struct Submission {
    refused: Vec<ServedRequest>,
    /// With the longest wait for it.
    acknowledgement: Option<(Acknowledgement, Duration)>,
}

/// The prediction log: a bounded buffer and the thread that drains it.
#[derive(Debug)]
pub(crate) struct PredictionLog {
    buffer: Arc<Buffer>,
    counts: Arc<LogCounts>,
    /// Present if the log is mandatory, with the longest wait for an acknowledgement.
    mandatory: Option<(Arc<Acknowledgements>, Duration)>,
    worker: Mutex<Option<JoinHandle<()>>>,
}

impl PredictionLog {
    /// Starts the worker thread.
    ///
    /// # Errors
    /// A Kafka property that librdkafka does not know, or a thread that can't be spawned.
    pub(crate) fn start(
        kafka: &KafkaSettings,
        settings: &PredictionLogSettings,
    ) -> anyhow::Result<Self> {
        let acknowledgements = settings.mandatory.then(Arc::<Acknowledgements>::default);
        let counts = Arc::new(LogCounts::new(settings.enabled, acknowledgements.clone()));
        let buffer = Arc::new(Buffer::new(settings.max_queued_rows));
        let publisher = match counts.callbacks() {
            Some(callbacks) => {
                Some(Publisher::new(kafka, settings, callbacks.clone(), Arc::clone(&counts))?)
            }
            None => None,
        };
        let worker = LogWorker::new(Arc::clone(&buffer), publisher).spawn()?;
        let timeout = Duration::from_millis(settings.acknowledgement_timeout_ms);
        let mandatory = acknowledgements.map(|all| (all, timeout));
        Ok(Self { buffer, counts, mandatory, worker: Mutex::new(Some(worker)) })
    }

    /// Submits a request without waiting; [`complete`](Self::complete) does the rest. Ignores the
    /// request if the log is disabled and no shadow model is set.
    pub(crate) fn submit(&self, request: ServedRequest) -> Submission {
        if self.counts.callbacks().is_none() && request.shadow.is_none() {
            return Submission::default();
        }
        // Registered before the request is queued: the broker may respond at once.
        let acknowledgement = self
            .mandatory
            .as_ref()
            .map(|(all, timeout)| (all.expect(request.request_id, request.messages()), *timeout));
        let refused = if request.rows.as_slice().len() <= self.buffer.part_rows() {
            self.buffer.push(request).into_iter().collect()
        } else {
            // In parts, because a batch larger than the buffer would never find room.
            request.into_parts(self.buffer.part_rows())
        };
        Submission { refused, acknowledgement }
    }

    /// Waits for room while records flow, and for the acknowledgement if the log is mandatory.
    /// During an outage of the broker, a log that is not mandatory drops and counts records that
    /// find the buffer full.
    ///
    /// # Errors
    /// The buffer stayed full, or the records were not acknowledged.
    pub(crate) async fn complete(&self, submission: Submission) -> Result<(), LogError> {
        for request in submission.refused {
            self.enqueue(request).await?;
        }
        if let Some((acknowledgement, timeout)) = submission.acknowledgement
            && !acknowledgement.within(timeout).await
        {
            return Err(LogError::NotAcknowledged);
        }
        Ok(())
    }

    async fn enqueue(&self, mut request: ServedRequest) -> Result<(), LogError> {
        let started = Instant::now();
        loop {
            // Registered before the attempt, so that room made in between is noticed.
            let emptied = self.buffer.emptied();
            match self.buffer.push(request) {
                None => return Ok(()),
                Some(back) => request = back,
            }
            if self.mandatory.is_none() && !self.counts.is_flowing() {
                self.counts.count_dropped(request.rows.as_slice().len());
                return Ok(());
            }
            if started.elapsed() > ROOM_TIMEOUT {
                return Err(LogError::Behind);
            }
            // A timeout is no error: the state of the broker may have changed.
            let _ = tokio::time::timeout(ROOM_CHECK_INTERVAL, emptied).await;
        }
    }

    pub(crate) fn status(&self) -> LogStatus {
        self.counts.status(self.buffer.rows())
    }

    /// Stops the worker after it has drained the buffer and flushed the Kafka client, within the
    /// drain timeout of the settings.
    pub(crate) fn stop(&self) {
        self.counts.close();
        // Closing wakes the worker, which then drains and ends.
        self.buffer.close();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if worker.is_some_and(|worker| worker.join().is_err()) {
            tracing::error!("the prediction log's thread panicked");
        }
    }
}
