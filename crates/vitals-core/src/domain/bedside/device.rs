//! The devices that measure one patient.

use serde::{Deserialize, Serialize};

use super::{
    device_clock::{DeviceClock, is_near},
    latest::Stamp,
};

/// Maximum number of devices per patient. Beyond it, the one silent for longest is replaced, and its
/// values are dropped until it sends again; the alarm for several devices lasts meanwhile.
const MAX_DEVICES: usize = 16;

/// A device, as far as its readings identify it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    /// `None` for readings without a device id.
    pub id: Option<String>,
    /// Its clock, compared with arrival times.
    pub clock: DeviceClock,
    /// Arrival of its last reading.
    pub last_arrival_ms: i64,
}

/// The devices of a patient, in the order of their first readings.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Devices(Vec<Device>);

impl Devices {
    /// Registers a reading of device `id` and stamps it. The flag is true if the stamp's index
    /// belonged to another device before.
    pub(super) fn stamp(
        &mut self,
        id: Option<&str>,
        measured_ms: i64,
        arrival_ms: i64,
    ) -> (Stamp, bool) {
        let known = self.0.iter().position(|device| device.id.as_deref() == id);
        let index = known.unwrap_or_else(|| self.slot());
        // The caller drops the values of the former device, which would count as the new one's.
        let replaced = known.is_none() && index < self.0.len();
        // A new device, in the next slot or in that of the most silent one.
        if known.is_none() {
            let device = Device {
                id: id.map(ToOwned::to_owned),
                clock: DeviceClock::default(),
                last_arrival_ms: arrival_ms,
            };
            match self.0.get_mut(index) {
                Some(silent) => *silent = device,
                None => self.0.push(device),
            }
        }
        if let Some(device) = self.0.get_mut(index) {
            device.clock.observe(measured_ms, arrival_ms);
            device.last_arrival_ms = device.last_arrival_ms.max(arrival_ms);
        }
        (Stamp { measured_ms, arrival_ms, device: index }, replaced)
    }

    /// Moves arrivals after `latest_ms` to it.
    pub(super) fn cap_arrivals(&mut self, latest_ms: i64) {
        for device in &mut self.0 {
            device.last_arrival_ms = device.last_arrival_ms.min(latest_ms);
            device.clock.cap_arrival(latest_ms);
        }
    }

    /// The index of a new device: the next, or that of the device silent for longest.
    fn slot(&self) -> usize {
        if self.0.len() < MAX_DEVICES {
            return self.0.len();
        }
        let silent = self.0.iter().enumerate().min_by_key(|(_, device)| device.last_arrival_ms);
        silent.map_or(0, |(index, _)| index)
    }

    /// The time of a measurement on the server's clock.
    #[must_use]
    pub fn place(&self, stamp: &Stamp) -> i64 {
        match self.0.get(stamp.device) {
            Some(device) => device.clock.place(stamp.measured_ms, stamp.arrival_ms),
            None => stamp.measured_ms.min(stamp.arrival_ms),
        }
    }

    /// Returns true if a value stamped `new` replaces one stamped `known`.
    ///
    /// Newest is by arrival. Within one device and an unchanged clock the measurement time decides,
    /// so that readings out of order do not bring an older value back; a late value competes with
    /// the time at which it was measured.
    pub(super) fn replaces(&self, new: &Stamp, known: &Stamp) -> bool {
        if new.device == known.device && is_near(new.lag_ms(), known.lag_ms()) {
            return new.measured_ms >= known.measured_ms;
        }
        // Another device, or a clock that was set: measured times can't be compared.
        let late = self
            .0
            .get(new.device)
            .is_some_and(|device| device.clock.is_late(new.measured_ms, new.arrival_ms));
        if late {
            return self.place(new) >= self.place(known);
        }
        new.arrival_ms >= known.arrival_ms
    }

    /// The device with this index.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Device> {
        self.0.get(index)
    }

    /// The devices, in the order of their first readings.
    pub fn iter(&self) -> impl Iterator<Item = &Device> {
        self.0.iter()
    }

    /// Returns true if more than one device measures the patient.
    #[must_use]
    pub const fn several(&self) -> bool {
        self.0.len() > 1
    }
}
