//! Doubts about a reading that is kept: data quality, never an alarm.

use super::vital::{VITALS, Vital};

/// A small set of vitals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VitalSet(u8);

impl VitalSet {
    /// Adds `vital`.
    pub const fn insert(&mut self, vital: Vital) {
        self.0 |= 1 << vital as u8;
    }

    /// Whether `vital` is in the set.
    #[must_use]
    pub const fn contains(self, vital: Vital) -> bool {
        self.0 & (1 << vital as u8) != 0
    }

    /// Whether nothing is in the set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of [`VITALS`].
    pub fn iter(self) -> impl Iterator<Item = Vital> {
        VITALS.into_iter().filter(move |vital| self.contains(*vital))
    }
}

/// The doubts about one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// It arrived much later than it was measured.
    pub late: bool,
    /// Implausibly low, but possible.
    pub low: VitalSet,
    /// Implausibly high, but possible.
    pub high: VitalSet,
    /// Sent as zero, which the device means as "not measured".
    pub not_measured: VitalSet,
}

impl Flags {
    /// Whether there is no doubt.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !self.late && self.low.is_empty() && self.high.is_empty() && self.not_measured.is_empty()
    }

    /// The flags as the lake keeps them: codes joined by commas, for example
    /// `late,heart_rate:low`; `None` without a doubt.
    #[must_use]
    pub fn codes(self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        let mut codes = Vec::new();
        if self.late {
            codes.push("late".to_owned());
        }
        let sets = [("low", self.low), ("high", self.high), ("not_measured", self.not_measured)];
        for (doubt, set) in sets {
            codes.extend(set.iter().map(|vital| format!("{}:{doubt}", vital.name())));
        }
        Some(codes.join(","))
    }

    /// Whether the value of `vital` is implausible.
    #[must_use]
    pub const fn implausible(self, vital: Vital) -> bool {
        self.low.contains(vital) || self.high.contains(vital)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_name_the_vital_and_the_doubt() {
        let mut flags = Flags { late: true, ..Flags::default() };
        flags.low.insert(Vital::HeartRate);
        flags.not_measured.insert(Vital::Spo2);
        assert_eq!(flags.codes().unwrap(), "late,heart_rate:low,spo2:not_measured");
        assert_eq!(Flags::default().codes(), None);
    }
}
