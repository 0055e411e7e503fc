//! The load: readings of patients, one per second each, created at the moment they are sent.
//!
//! The producer is not used: the network of its simulated ward holds some readings back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::clock::now_ms;
use anyhow::{Context, Result, anyhow};
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{BaseRecord, DefaultProducerContext, Producer, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;
use serde_json::json;

/// The topic of the readings.
pub(super) const TOPIC: &str = "vitals";

/// The beginning of a patient's id; the number follows.
const PREFIX: &str = "bench-";

/// A running load.
pub(super) struct Feed {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<u64>>,
}

impl Feed {
    /// Starts sending readings of so many `patients`, evenly spread over each second.
    pub(super) fn start(bootstrap: &str, patients: u32) -> Result<Self> {
        // The batching of the producer.
        let producer: ThreadedProducer<DefaultProducerContext> = ClientConfig::new()
            .set("bootstrap.servers", bootstrap)
            .set("linger.ms", "5")
            .set("compression.type", "lz4")
            .create()
            .context("creating the producer of the load")?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || send(&producer, u64::from(patients), &stop)
        });
        Ok(Self { stop, thread })
    }

    /// Stops the load. Returns the number of readings.
    pub(super) fn stop(self) -> Result<u64> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the load panicked"))?
    }
}

fn send(
    producer: &ThreadedProducer<DefaultProducerContext>,
    patients: u64,
    stop: &AtomicBool,
) -> Result<u64> {
    let start = Instant::now();
    let interval_us = 1_000_000.0 / rounded(patients);
    let mut sent = 0;
    while !stop.load(Ordering::Relaxed) {
        let due = start + Duration::from_secs_f64(rounded(sent) * interval_us / 1e6);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let (patient, second) = (sent % patients, sent / patients);
        let key = id(patient);
        let payload = reading(patient, second, now_ms());
        match producer.send(BaseRecord::to(TOPIC).key(&key).payload(&payload)) {
            Ok(()) => sent += 1,
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), _)) => {
                std::thread::sleep(Duration::from_millis(1));
            }
            Err((error, _)) => return Err(error).context("sending a reading"),
        }
    }
    producer.flush(Duration::from_secs(10)).context("sending the last readings")?;
    Ok(sent)
}

/// The id of patient `number`.
fn id(number: u64) -> String {
    format!("{PREFIX}{number:06}")
}

/// The number of the patient with this id.
pub(super) fn number(id: &str) -> Option<usize> {
    id.strip_prefix(PREFIX)?.parse().ok()
}

/// A reading of a well patient; its values change every second.
fn reading(patient: u64, second: u64, time_ms: i64) -> String {
    let step = patient * 7 + second;
    json!({
        "patient_id": id(patient),
        "timestamp": time_ms,
        "heart_rate": 62 + step % 23,
        "spo2": 96 + step % 4,
        "systolic": 115 + step % 11,
        "diastolic": 72 + step % 7,
        "respiratory_rate": 13 + step % 6,
        "temperature": 36.5 + rounded(step % 6) / 10.0,
        "device_id": format!("mon-{patient:06}"),
        "sequence": second,
        "ward": format!("W{}", patient / 40 + 1),
        "bed": (patient % 40 + 1).to_string(),
    })
    .to_string()
}

#[expect(clippy::cast_precision_loss, reason = "counts of a bench")]
fn rounded(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_names_its_patient_and_its_creation() {
        let value: serde_json::Value = serde_json::from_str(&reading(41, 3, 1_234)).unwrap();
        assert_eq!(value["timestamp"], 1_234);
        assert_eq!(value["bed"], "2");
        assert_eq!(number(value["patient_id"].as_str().unwrap()), Some(41));
        assert_eq!(number("p-1"), None);
    }
}
