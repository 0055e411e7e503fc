//! Tables and properties of the watch.

mod anomalies;
mod contexts;
mod devices;
mod extreme_times;
mod limits;
mod messages;
mod pauses;
mod people;
mod properties;
mod setbacks;
mod technical;

use std::sync::Arc;

use super::*;
use crate::domain::{
    bedside::Claimed, decode::Decoded, patient_context::PatientContext, reading::Reading,
    refused::Refused, rejection::Reason, vital::Vital,
};

/// 2025-11-22 12:00 UTC.
pub(super) const T: i64 = 1_763_812_800_000;
pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60_000;

/// A watch with its events.
pub(super) struct Bed {
    pub(super) watch: PatientWatch,
    pub(super) events: Vec<AlertEvent>,
}

impl Bed {
    pub(super) fn new() -> Self {
        Self::with(WatchSettings::default())
    }

    pub(super) fn with(settings: WatchSettings) -> Self {
        settings.validate().unwrap();
        Self { watch: PatientWatch::new("p", Arc::new(settings)), events: Vec::new() }
    }

    /// A reading of `values` from `device` that arrives at `at_ms`.
    pub(super) fn send_from(&mut self, device: &'static str, at_ms: i64, values: &[(Vital, f64)]) {
        let mut decoded = reading(at_ms, values);
        decoded.reading.device_id = Some(device.into());
        self.watch.apply_reading(&decoded, at_ms, &mut self.events);
    }

    /// A reading of `values` that arrives at `at_ms`.
    pub(super) fn send(&mut self, at_ms: i64, values: &[(Vital, f64)]) {
        self.watch.apply_reading(&reading(at_ms, values), at_ms, &mut self.events);
    }

    pub(super) fn advance(&mut self, now_ms: i64) {
        self.watch.advance(now_ms, &mut self.events);
    }

    /// The events since the last call: kind, rule, priority, time after `T` in ms, text.
    pub(super) fn take(&mut self) -> Vec<(AlertKind, String, Priority, i64, String)> {
        let events = std::mem::take(&mut self.events).into_iter();
        events
            .map(|event| {
                let rule = event.rule.to_string();
                (event.kind, rule, event.priority, event.at_ms - T, event.text)
            })
            .collect()
    }
}

/// A reading in which zero means "not measured" for the vitals that say so, as from the decoder.
pub(super) fn reading(at_ms: i64, values: &[(Vital, f64)]) -> Decoded<'static> {
    let mut decoded = Decoded::new(Reading::new("p", at_ms));
    decoded.reading.device_id = Some("mon-1".into());
    for (vital, value) in values {
        if *value == 0.0 && vital.zero_is_missing() {
            decoded.flags.not_measured.insert(*vital);
        } else {
            decoded.reading.vitals.set(*vital, Some(*value));
        }
    }
    decoded
}
