//! Counts of refused and unknown fields, for the metrics.

use std::collections::{BTreeSet, HashMap};

use vitals_core::domain::{decode::Decoded, rejection::Reason};

/// Maximum devices that are counted by name: each is a time series of the metrics.
const MAX_DEVICES: usize = 100;

/// The label of readings without a device.
const NO_DEVICE: &str = "none";

/// The label of all devices beyond the maximum.
const OTHER_DEVICES: &str = "other";

/// The fields counted since the last take.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldCounts {
    /// Unknown fields.
    pub(crate) unknown: u64,
    /// Refused fields by reason and device.
    pub(crate) refused: HashMap<(Reason, String), u64>,
}

/// Counts the fields of readings.
#[derive(Debug, Default)]
pub(super) struct FieldCounter {
    counts: FieldCounts,
    devices: BTreeSet<String>,
}

impl FieldCounter {
    pub(super) fn add(&mut self, decoded: &Decoded<'_>) {
        self.counts.unknown += decoded.extra.len() as u64;
        for refused in &decoded.refused {
            let device = self.device_label(decoded.reading.device_id.as_deref());
            *self.counts.refused.entry((refused.reason, device)).or_default() += 1;
        }
    }

    pub(super) fn take(&mut self) -> FieldCounts {
        std::mem::take(&mut self.counts)
    }

    fn device_label(&mut self, device: Option<&str>) -> String {
        let Some(device) = device else { return NO_DEVICE.to_owned() };
        if !self.devices.contains(device) {
            if self.devices.len() >= MAX_DEVICES {
                return OTHER_DEVICES.to_owned();
            }
            self.devices.insert(device.to_owned());
        }
        device.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::{reading::Reading, refused::Refused};

    use super::*;

    #[test]
    fn devices_beyond_the_maximum_share_a_label() {
        let mut counter = FieldCounter::default();
        for device in 0..MAX_DEVICES + 50 {
            let mut decoded = Decoded::new(Reading::new("p", 0));
            decoded.reading.device_id = Some(format!("mon-{device}").into());
            decoded.refused.push(Refused::new("spo2", Reason::Sentinel, "-1"));
            counter.add(&decoded);
        }
        let counts = counter.take();
        assert_eq!(counts.refused.len(), MAX_DEVICES + 1);
        assert_eq!(counts.refused[&(Reason::Sentinel, OTHER_DEVICES.to_owned())], 50);
        assert_eq!(counts.refused[&(Reason::Sentinel, "mon-7".to_owned())], 1);
        assert_eq!(counter.take(), FieldCounts::default());
    }
}
