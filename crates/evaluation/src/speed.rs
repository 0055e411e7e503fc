//! The speed of the watch on one processor, and its memory.

use std::{fs, hint::black_box, sync::Arc, time::Instant};

use anyhow::{Context as _, Result, anyhow};
use producer::simulate::Cohort;
use vitals_core::domain::{
    decode::{DecodeOptions, decode},
    news2::{Observations, Spo2Scale, score},
    watch::{PatientWatch, WatchSettings},
};

use crate::patient_day::START_MS;

/// Patients and seconds of the run for speed, one reading a second.
const PATIENTS: u32 = 200;
const SECONDS: i64 = 900;

/// Patients whose memory is measured, and the minutes that fill their baselines.
const REMEMBERED: usize = 10_000;
const MINUTES: i64 = 376;

/// Scores of the run for speed.
const SCORES: u32 = 20_000_000;

/// The figures of one processor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Speed {
    pub(crate) scores_per_s: f64,
    /// Decoded and judged.
    pub(crate) readings_per_s: f64,
    /// From the message's bytes to the alert's bytes.
    pub(crate) alert_p99_ms: f64,
    pub(crate) bytes_per_patient: f64,
}

/// Measures each on this thread.
pub(crate) fn measure() -> Result<Speed> {
    // Memory first: later runs leave freed memory behind, which the process keeps.
    let bytes_per_patient = bytes_per_patient()?;
    let (readings_per_s, alert_p99_ms) = readings()?;
    Ok(Speed { scores_per_s: scores(), readings_per_s, alert_p99_ms, bytes_per_patient })
}

fn scores() -> f64 {
    let started = Instant::now();
    let mut sum = 0_u64;
    for index in 0..SCORES {
        let observations = Observations {
            respiratory_rate: Some(f64::from(index % 40)),
            spo2: Some(f64::from(80 + index % 21)),
            supplemental_oxygen: Some(index % 2 == 0),
            systolic: Some(f64::from(80 + index % 150)),
            pulse: Some(f64::from(30 + index % 130)),
            consciousness: None,
            temperature: Some(34.0 + f64::from(index % 60) / 10.0),
        };
        sum += u64::from(score(black_box(&observations), Spo2Scale::One).partial());
    }
    black_box(sum);
    f64::from(SCORES) / started.elapsed().as_secs_f64()
}

fn readings() -> Result<(f64, f64)> {
    let cohort = Cohort::ward(1);
    let settings = Arc::new(WatchSettings::default());
    let mut messages = Vec::new();
    let mut watches = Vec::new();
    for index in 0..PATIENTS {
        let mut patient = cohort.patient(index);
        watches.push(PatientWatch::new(patient.id(), settings.clone()));
        for second in 0..SECONDS {
            let time_ms = START_MS + second * 1_000;
            let message = serde_json::to_vec(&patient.reading(second * 1_000, time_ms))?;
            messages.push((time_ms, index as usize, message));
        }
    }
    // In the order of arrival, in which a consumer has to keep the state of every patient.
    messages.sort_by_key(|(time_ms, index, _)| (*time_ms, *index));
    let options = DecodeOptions::default();
    let mut events = Vec::new();
    let mut alert_ms = Vec::new();
    let started = Instant::now();
    for (time_ms, index, message) in &messages {
        let received = Instant::now();
        let decoded = decode(message, Some(*time_ms), &options)
            .map_err(|rejection| anyhow!("the simulator's reading is rejected: {rejection:?}"))?;
        watches[*index].apply_reading(&decoded, *time_ms, &mut events);
        if events.is_empty() {
            continue;
        }
        for event in events.drain(..) {
            // The time of an alarm includes its encoding.
            black_box(serde_json::to_vec(&event)?);
        }
        alert_ms.push(received.elapsed().as_secs_f64() * 1_000.0);
    }
    let took_s = started.elapsed().as_secs_f64();
    alert_ms.sort_by(f64::total_cmp);
    let p99_ms = alert_ms.get(alert_ms.len() * 99 / 100).copied().context("no alarm was raised")?;
    #[expect(clippy::cast_precision_loss, reason = "a number of messages")]
    let count = messages.len() as f64;
    Ok((count / took_s, p99_ms))
}

/// Resident memory of watches with full baselines.
fn bytes_per_patient() -> Result<f64> {
    let settings = Arc::new(WatchSettings::default());
    let mut patient = Cohort::ward(1).patient(0);
    let messages = (0..MINUTES).map(|minute| -> Result<_> {
        let time_ms = START_MS + minute * 60_000;
        Ok((time_ms, serde_json::to_vec(&patient.reading(minute * 60_000, time_ms))?))
    });
    let messages: Vec<_> = messages.collect::<Result<_>>()?;
    let options = DecodeOptions::default();
    // The messages are in memory by now, so the difference is that of the watches.
    let before = resident_bytes()?;
    let mut watches = Vec::with_capacity(REMEMBERED);
    for index in 0..REMEMBERED {
        let mut watch = PatientWatch::new(format!("p-{index}"), settings.clone());
        for (time_ms, message) in &messages {
            let decoded = decode(message, Some(*time_ms), &options)
                .map_err(|rejection| anyhow!("a reading is rejected: {rejection:?}"))?;
            watch.apply_reading(&decoded, *time_ms, &mut Vec::new());
        }
        watches.push(watch);
    }
    let after = resident_bytes()?;
    black_box(&watches);
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let bytes = after.saturating_sub(before) as f64 / watches.len() as f64;
    Ok(bytes)
}

fn resident_bytes() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status").context("reading /proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok());
    Ok(kib.context("no VmRSS in /proc/self/status")? * 1_024)
}
