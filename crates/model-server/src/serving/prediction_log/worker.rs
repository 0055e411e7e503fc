//! The thread behind the buffer, and the handle that requests submit to.

use std::{
    sync::{Arc, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use anyhow::Context as _;
use uuid::Uuid;
use vitals_core::{
    domain::features::Features,
    runtime::config::{KafkaSettings, PredictionLogSettings},
};

use crate::serving::LoadedModel;

use super::{
    buffer::Buffer,
    delivery_stats::{LogStatus, DeliveryStats},
    publisher::Publisher,
    shadow::Comparison,
};

/// How long requests are gathered, so that neither the request nor this thread pays for a wake-up
/// per answer. With 10 ms the requests that come meanwhile wait longer for this thread; with 2 ms it
/// takes more of the processor from them.
const GATHER: Duration = Duration::from_millis(5);
/// How often Kafka's client is heard when nothing is asked.
const IDLE: Duration = Duration::from_millis(250);

/// A request that was request, with what is needed to work its predictions out again.
#[derive(Debug)]
pub(crate) struct ServedRequest {
    pub(crate) request_id: Uuid,
    pub(crate) timestamp_ms: i64,
    pub(crate) latency_us: u32,
    pub(crate) model: Arc<LoadedModel>,
    pub(crate) shadow: Option<Arc<LoadedModel>>,
    pub(crate) rows: ServedRows,
}

/// Who was asked about; one person takes no allocation.
#[derive(Debug)]
pub(crate) enum ServedRows {
    One(Features),
    Many(Vec<Features>),
}

impl ServedRows {
    fn as_slice(&self) -> &[Features] {
        match self {
            Self::One(features) => std::slice::from_ref(features),
            Self::Many(rows) => rows,
        }
    }
}

/// The way to the thread.
#[derive(Debug)]
pub(crate) struct PredictionLog {
    buffer: Arc<Buffer>,
    stats: Arc<DeliveryStats>,
    thread: std::sync::Mutex<Option<JoinHandle<()>>>,
}

impl PredictionLog {
    /// Starts the thread.
    ///
    /// # Errors
    /// A Kafka property that librdkafka does not know, or no thread.
    pub(crate) fn start(
        kafka: &KafkaSettings,
        settings: &PredictionLogSettings,
    ) -> anyhow::Result<Self> {
        let stats = Arc::new(DeliveryStats::new(settings.enabled));
        let buffer = Arc::new(Buffer::new(settings.max_queued_rows));
        let publisher = settings
            .enabled
            .then(|| Publisher::new(kafka, settings, Arc::clone(&stats)))
            .transpose()?;
        let worker =
            LogWorker { buffer: Arc::clone(&buffer), publisher, comparison: Comparison::new() };
        let thread = std::thread::Builder::new()
            .name("prediction-log".to_owned())
            .spawn(move || worker.run())
            .context("can't start the thread behind the answers")?;
        Ok(Self { buffer, stats, thread: std::sync::Mutex::new(Some(thread)) })
    }

    /// Takes an answer, unless nobody wants it or the buffer is full.
    pub(crate) fn submit(&self, request: ServedRequest) {
        if !self.stats.enabled() && request.shadow.is_none() {
            return;
        }
        let rows = request.rows.as_slice().len();
        if !self.buffer.push(request, rows) {
            self.stats.dropped(rows);
        }
    }

    pub(crate) fn status(&self) -> LogStatus {
        self.stats.status(self.buffer.rows())
    }

    /// Lets the thread finish what waits, as long as the settings allow, and end.
    pub(crate) fn stop(&self) {
        self.buffer.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the thread behind the requests panicked");
        }
    }
}

struct LogWorker {
    buffer: Arc<Buffer>,
    publisher: Option<Publisher>,
    comparison: Comparison,
}

impl LogWorker {
    fn run(mut self) {
        let mut requests = Vec::new();
        while self.buffer.wait(IDLE) {
            std::thread::sleep(GATHER);
            self.buffer.take(&mut requests);
            for request in requests.drain(..) {
                self.process(&request);
            }
            if let Some(publisher) = &self.publisher {
                publisher.poll();
            }
        }
        if let Some(publisher) = self.publisher {
            publisher.finish();
        }
    }

    fn process(&mut self, request: &ServedRequest) {
        for (row, features) in (0..).zip(request.rows.as_slice()) {
            let prediction = request.model.saved.pipeline.predict(features);
            if let Some(publisher) = &mut self.publisher {
                publisher.served(request, row, features, &prediction);
            }
            if let Some(shadow) = &request.shadow {
                let compared = self.comparison.of(shadow, features, &prediction, request);
                if let Some(publisher) = &mut self.publisher {
                    publisher.shadow(request, shadow, row, features, &compared);
                }
            }
        }
    }
}
