//! The latest value of something, with its times and its device.

use serde::{Deserialize, Serialize};

use super::device::Devices;

/// Times and device of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Time of the measurement on the device's clock.
    pub measured_ms: i64,
    /// Time at which the broker received the value.
    pub arrival_ms: i64,
    /// Index of the device among the patient's.
    pub device: usize,
}

impl Stamp {
    /// Arrival minus measurement.
    pub(super) const fn lag_ms(&self) -> i64 {
        self.arrival_ms.saturating_sub(self.measured_ms)
    }

    /// Moves an arrival after `latest_ms` to it.
    pub(super) fn cap_arrival(&mut self, latest_ms: i64) {
        self.arrival_ms = self.arrival_ms.min(latest_ms);
    }
}

/// A value and its stamp.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Latest<T> {
    /// The value.
    pub value: T,
    /// Its times and its device.
    pub stamp: Stamp,
}

/// Replaces `known` unless it is newer than `stamp`.
pub(super) fn update<T>(known: &mut Option<Latest<T>>, value: T, stamp: Stamp, devices: &Devices) {
    if known.as_ref().is_none_or(|known| devices.replaces(&stamp, &known.stamp)) {
        *known = Some(Latest { value, stamp });
    }
}
