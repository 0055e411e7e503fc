//! The devices behind a history, with the number of their values.

use std::collections::BTreeMap;

use vitals_core::domain::vital::Vital;

use super::patient_rows::PatientRows;

/// A device that measured the patient in the range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// `None` for readings without a device.
    pub id: Option<String>,
    /// The number of its readings.
    pub readings: u64,
    /// The number of its values, accepted or doubted, of each vital that it measured.
    pub values: Vec<(Vital, u64)>,
}

/// The devices that were counted so far, by id.
pub(super) struct DeviceCounts<'a> {
    vitals: &'a [Vital],
    /// The number of readings, and of the values of each vital.
    counts: BTreeMap<Option<&'a str>, (u64, Vec<u64>)>,
}

impl<'a> DeviceCounts<'a> {
    pub(super) const fn new(vitals: &'a [Vital]) -> Self {
        Self { vitals, counts: BTreeMap::new() }
    }

    pub(super) fn add(&mut self, rows: &'a PatientRows, row: usize) {
        let new = || (0, vec![0; self.vitals.len()]);
        let (readings, values) = self.counts.entry(rows.device(row)).or_insert_with(new);
        *readings += 1;
        rows.values(row).for_each(|(vital, _, _)| values[vital] += 1);
    }

    /// The devices in the order of their ids; readings without a device come first.
    pub(super) fn into_devices(self) -> Vec<Device> {
        let Self { vitals, counts } = self;
        let devices = counts.into_iter().map(|(id, (readings, values))| {
            let values = vitals.iter().copied().zip(values).filter(|(_, count)| *count > 0);
            Device { id: id.map(ToOwned::to_owned), readings, values: values.collect() }
        });
        devices.collect()
    }
}
