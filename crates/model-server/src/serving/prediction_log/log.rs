//! The handle that requests submit to.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use vitals_core::runtime::config::{KafkaSettings, PredictionLogSettings};

use super::{
    ServedRequest,
    buffer::Buffer,
    publisher::Publisher,
    status::{LogCounts, LogStatus},
    worker::LogWorker,
};

/// The prediction log: a bounded buffer and the thread that drains it.
#[derive(Debug)]
pub(crate) struct PredictionLog {
    buffer: Arc<Buffer>,
    counts: Arc<LogCounts>,
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
        let counts = Arc::new(LogCounts::new(settings.enabled));
        let buffer = Arc::new(Buffer::new(settings.max_queued_rows));
        let publisher = match counts.callbacks() {
            Some(callbacks) => {
                Some(Publisher::new(kafka, settings, callbacks.clone(), Arc::clone(&counts))?)
            }
            None => None,
        };
        let worker = LogWorker::new(Arc::clone(&buffer), publisher).spawn()?;
        Ok(Self { buffer, counts, worker: Mutex::new(Some(worker)) })
    }

    /// Submits a request without waiting. Drops and counts it if the buffer is full; ignores it if
    /// the log is disabled and no shadow model is set.
    pub(crate) fn submit(&self, request: ServedRequest) {
        if self.counts.callbacks().is_none() && request.shadow.is_none() {
            return;
        }
        // Rows are counted before the push moves the request.
        let rows = request.rows.as_slice().len();
        if !self.buffer.push(request, rows) {
            self.counts.count_dropped(rows);
        }
    }

    pub(crate) fn status(&self) -> LogStatus {
        self.counts.status(self.buffer.rows())
    }

    /// Stops the worker after it has drained the buffer and flushed the Kafka client, within the
    /// drain timeout of the settings.
    pub(crate) fn stop(&self) {
        // Closing wakes the worker, which then drains and ends.
        self.buffer.close();
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if worker.is_some_and(|worker| worker.join().is_err()) {
            tracing::error!("the prediction log's thread panicked");
        }
    }
}
