//! The thread that drains the buffer.

use std::{
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use anyhow::Context as _;

use super::{ServedRequest, buffer::Buffer, publisher::Publisher, shadow::ShadowScorer};

/// Time that requests accumulate before the worker takes them, so that neither a request nor the
/// worker pays for a wake-up per response. At 10 ms, requests that arrive during the worker's turn
/// wait longer for the processor; at 2 ms the worker takes more of the processor from them.
const ACCUMULATION_TIME: Duration = Duration::from_millis(5);

/// Interval of the Kafka client's callbacks while no request arrives.
const IDLE_POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Predicts the rows of batches again, scores the shadow model, and publishes both predictions.
pub(super) struct LogWorker {
    buffer: Arc<Buffer>,
    publisher: Option<Publisher>,
    shadow: ShadowScorer,
}

impl LogWorker {
    pub(super) fn new(buffer: Arc<Buffer>, publisher: Option<Publisher>) -> Self {
        Self { buffer, publisher, shadow: ShadowScorer::new() }
    }

    pub(super) fn spawn(self) -> anyhow::Result<JoinHandle<()>> {
        thread::Builder::new()
            .name("prediction-log".to_owned())
            .spawn(move || self.run())
            .context("can't spawn the prediction log's thread")
    }

    fn run(mut self) {
        let mut requests = Vec::new();
        while self.buffer.wait(self.poll_interval()) {
            // More requests arrive meanwhile; one wake-up serves them all.
            thread::sleep(ACCUMULATION_TIME);
            self.buffer.take(&mut requests);
            for request in requests.drain(..) {
                self.process(&request);
            }
            if let Some(publisher) = &self.publisher {
                publisher.serve_reports();
            }
        }
        // After the last request: the records in the client's queue would be lost with the process.
        if let Some(publisher) = self.publisher {
            publisher.flush();
        }
    }

    /// Requests may wait for the reports of messages in flight.
    fn poll_interval(&self) -> Duration {
        match &self.publisher {
            Some(publisher) if publisher.is_awaited() => ACCUMULATION_TIME,
            _ => IDLE_POLL_INTERVAL,
        }
    }

    fn process(&mut self, request: &ServedRequest) {
        for (row, features) in (0..).zip(request.rows.as_slice()) {
            let served = match request.rows.prediction() {
                Some(prediction) => *prediction,
                None => request.model.saved.pipeline.predict(features),
            };
            if let Some(publisher) = &mut self.publisher {
                publisher.publish_served(request, row, features, &served);
            }
            if let Some(shadow) = &request.shadow {
                let scored = self.shadow.score(shadow, features, &served, request);
                if let Some(publisher) = &mut self.publisher {
                    publisher.publish_shadow(request, shadow, row, features, &scored);
                }
            }
        }
    }
}
