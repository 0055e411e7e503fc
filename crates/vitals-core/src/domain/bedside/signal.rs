//! One vital of a patient: its latest value from each device, and the zeros since.

use serde::{Deserialize, Serialize};

use super::{
    device::Devices,
    latest::{Latest, Stamp, update},
};

/// Time by which a device's value may be older than the newest of the others and still count
/// beside it: as long as a patient may be silent.
pub(super) const CONCURRENT_MS: i64 = 15_000;

/// A vital's value and its quality.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// The value in the vital's unit.
    pub value: f64,
    /// Doubted: implausible or ambiguous.
    pub flagged: bool,
}

/// The purpose of a value: a doubted one is displayed, but not scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Every value.
    Display,
    /// Only values without doubt.
    Score,
}

/// The latest value of a vital from one device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FromDevice {
    device: usize,
    measured: Option<Latest<Measurement>>,
    /// The latest value that is not doubted.
    scored: Option<Latest<Measurement>>,
    /// First and last arrival of a zero since that value.
    zero: Option<(i64, i64)>,
}

/// A vital, by device.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Signal(Vec<FromDevice>);

impl FromDevice {
    const fn latest(&self, purpose: Purpose) -> Option<&Latest<Measurement>> {
        match purpose {
            Purpose::Display => self.measured.as_ref(),
            Purpose::Score => self.scored.as_ref(),
        }
    }
}

impl Signal {
    /// Adds a measurement, unless a newer one of its device is known.
    pub(super) fn measure(&mut self, measurement: Measurement, stamp: Stamp, devices: &Devices) {
        let known = self.of_device(stamp.device);
        update(&mut known.measured, measurement, stamp, devices);
        if !measurement.flagged {
            update(&mut known.scored, measurement, stamp, devices);
        }
        if known.zero.is_some_and(|(_, last_ms)| last_ms <= stamp.arrival_ms) {
            known.zero = None;
        }
    }

    /// Notes that the device sent zero for "not measured".
    pub(super) fn lose(&mut self, stamp: Stamp) {
        let known = self.of_device(stamp.device);
        let measured_ms = known.measured.as_ref().map(|latest| latest.stamp.arrival_ms);
        if measured_ms.is_none_or(|measured_ms| measured_ms <= stamp.arrival_ms) {
            let since_ms = known.zero.map_or(stamp.arrival_ms, |(since_ms, _)| since_ms);
            known.zero = Some((since_ms, stamp.arrival_ms));
        }
    }

    /// Removes the values of a device.
    pub(super) fn forget(&mut self, device: usize) {
        self.0.retain(|known| known.device != device);
    }

    /// Removes what arrived before `time_ms`.
    pub(super) fn forget_before(&mut self, time_ms: i64) {
        for known in &mut self.0 {
            known.measured.take_if(|latest| latest.stamp.arrival_ms < time_ms);
            known.scored.take_if(|latest| latest.stamp.arrival_ms < time_ms);
            known.zero.take_if(|(_, last_ms)| *last_ms < time_ms);
        }
    }

    /// Moves arrivals after `latest_ms` to it.
    pub(super) fn cap_arrivals(&mut self, latest_ms: i64) {
        for FromDevice { measured, scored, zero, .. } in &mut self.0 {
            for latest in [measured, scored].into_iter().flatten() {
                latest.stamp.cap_arrival(latest_ms);
            }
            *zero = zero.map(|(first, last)| (first.min(latest_ms), last.min(latest_ms)));
        }
    }

    /// The newest value of each device that is not much older than the newest of all.
    pub fn concurrent<'a>(
        &'a self,
        purpose: Purpose,
        devices: &'a Devices,
    ) -> impl DoubleEndedIterator<Item = &'a Latest<Measurement>> + Clone {
        self.concurrent_devices(purpose, devices).map(|(_, latest)| latest)
    }

    /// The newest value of each device that is not doubted and that neither a zero nor a doubted
    /// value of the same device follows, unless it is much older than the newest of all.
    pub fn standing<'a>(
        &'a self,
        devices: &'a Devices,
    ) -> impl DoubleEndedIterator<Item = &'a Latest<Measurement>> + Clone {
        let concurrent = self.concurrent_devices(Purpose::Score, devices);
        let standing = concurrent.filter(|(known, _)| {
            let is_doubted = known.measured.as_ref().is_some_and(|shown| shown.value.flagged);
            known.zero.is_none() && !is_doubted
        });
        standing.map(|(_, latest)| latest)
    }

    /// The devices whose newest value is not much older than the newest of all, with that value.
    fn concurrent_devices<'a>(
        &'a self,
        purpose: Purpose,
        devices: &'a Devices,
    ) -> impl DoubleEndedIterator<Item = (&'a FromDevice, &'a Latest<Measurement>)> + Clone {
        let place = move |latest: &Latest<Measurement>| devices.place(&latest.stamp);
        let values = self.0.iter().filter_map(move |known| Some((known, known.latest(purpose)?)));
        let newest_ms = values.clone().map(|(_, latest)| place(latest)).max();
        // Without a newest one there is no value to compare.
        let oldest_ms = newest_ms.map_or(i64::MIN, |ms| ms.saturating_sub(CONCURRENT_MS));
        values.filter(move |(_, latest)| place(latest) >= oldest_ms)
    }

    /// Arrival of the first zero since the last value, if a device has sent one.
    #[must_use]
    pub fn zero_since_ms(&self) -> Option<i64> {
        self.0.iter().filter_map(|known| Some(known.zero?.0)).min()
    }

    /// Arrival of the last zero.
    #[must_use]
    pub fn last_zero_ms(&self) -> Option<i64> {
        self.0.iter().filter_map(|known| Some(known.zero?.1)).max()
    }

    /// Arrival of the last value or zero.
    pub(super) fn last_arrival_ms(&self) -> Option<i64> {
        let values = self.0.iter().filter_map(|known| known.measured.as_ref());
        values.map(|latest| latest.stamp.arrival_ms).max().max(self.last_zero_ms())
    }

    /// Returns true if zeros have replaced the values of every device.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.last_zero_ms().is_some_and(|zero_ms| !self.is_alive(zero_ms))
    }

    /// Returns true if a device has measured the vital shortly before `time_ms` or later, and has
    /// not sent zero since.
    #[must_use]
    pub fn is_alive(&self, time_ms: i64) -> bool {
        let oldest_ms = time_ms.saturating_sub(CONCURRENT_MS);
        self.0.iter().filter(|known| known.zero.is_none()).any(|known| {
            known.measured.as_ref().is_some_and(|latest| latest.stamp.arrival_ms >= oldest_ms)
        })
    }

    fn of_device(&mut self, device: usize) -> &mut FromDevice {
        let index = self.0.iter().position(|known| known.device == device);
        let index = index.unwrap_or_else(|| {
            self.0.push(FromDevice { device, measured: None, scored: None, zero: None });
            self.0.len() - 1
        });
        &mut self.0[index]
    }
}
