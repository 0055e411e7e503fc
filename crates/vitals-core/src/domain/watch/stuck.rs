//! A device that repeats its last values.

use serde::{Deserialize, Serialize};

use super::limit_rules::short_name;
use crate::domain::{bedside::Patient, reading::Vitals, vital::Vital};

/// The vitals that vary from one minute to the next in every living patient.
const VARYING: [Vital; 4] = [Vital::HeartRate, Vital::Pulse, Vital::Spo2, Vital::RespiratoryRate];

/// Readings that must repeat: a device that sends once a minute is not stuck after one.
const MIN_READINGS: u32 = 8;

/// Time without a reading after which another device is followed.
const SWITCH_MS: i64 = 60_000;

/// The values of one device since they last changed. Together, and not one by one: a saturation of
/// 97 % may well last for an hour.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(super) struct Stuck {
    values: [Option<f64>; 4],
    device: usize,
    since_ms: i64,
    last_ms: i64,
    readings: u32,
}

impl Stuck {
    /// Follows a reading of `device` that arrived at `arrival_ms`.
    pub(super) fn observe(&mut self, vitals: &Vitals, device: usize, arrival_ms: i64) {
        let values = VARYING.map(|vital| vitals.get(vital));
        // A single value may be steady for minutes; two at once hardly are.
        if values.iter().flatten().count() < 2 {
            return;
        }
        // Two devices in turn would look like values that vary.
        if device != self.device && arrival_ms.saturating_sub(self.last_ms) < SWITCH_MS {
            return;
        }
        self.last_ms = arrival_ms;
        if values == self.values && device == self.device {
            self.readings = self.readings.saturating_add(1);
        } else {
            *self = Self { values, device, since_ms: arrival_ms, last_ms: arrival_ms, readings: 1 };
        }
    }

    /// Moves arrivals after `latest_ms` to it.
    pub(super) fn cap_arrivals(&mut self, latest_ms: i64) {
        self.since_ms = self.since_ms.min(latest_ms);
        self.last_ms = self.last_ms.min(latest_ms);
    }

    /// The condition in words, if the values have been the same for `after_ms`.
    pub(super) fn text(&self, patient: &Patient, after_ms: i64) -> Option<String> {
        let lasted_ms = self.last_ms.saturating_sub(self.since_ms);
        if self.readings < MIN_READINGS || lasted_ms < after_ms {
            return None;
        }
        let values: Vec<_> = VARYING
            .into_iter()
            .zip(self.values)
            .filter_map(|(vital, value)| Some(format!("{} {:.0}", short_name(vital), value?)))
            .collect();
        let device = patient.devices.get(self.device).and_then(|device| device.id.as_deref());
        let device = device.unwrap_or("device without id");
        let minutes = after_ms / 60_000;
        Some(format!("{device} repeats {} for {minutes} min", values.join(", ")))
    }
}
