//! Flags of an accepted reading: doubts about data quality, never an alarm.

use super::vital::{VITALS, Vital};

/// A set of vitals, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VitalSet(u8);

impl VitalSet {
    /// Adds `vital`.
    pub const fn insert(&mut self, vital: Vital) {
        self.0 |= 1 << vital as u8;
    }

    /// Returns true if `vital` is in the set.
    #[must_use]
    pub const fn contains(self, vital: Vital) -> bool {
        self.0 & (1 << vital as u8) != 0
    }

    /// Returns true if the set is empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in the order of [`VITALS`].
    pub fn iter(self) -> impl Iterator<Item = Vital> {
        VITALS.into_iter().filter(move |vital| self.contains(*vital))
    }
}

/// The flags of one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// The reading arrived much later than it was measured.
    pub late: bool,
    /// Vitals that are implausibly low, but possible.
    pub low: VitalSet,
    /// Vitals that are implausibly high, but possible.
    pub high: VitalSet,
    /// Vitals sent as zero, by which the device means "not measured".
    pub not_measured: VitalSet,
}

impl Flags {
    /// Returns true if no flag is set.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        !self.late && self.low.is_empty() && self.high.is_empty() && self.not_measured.is_empty()
    }

    /// The flags in the format of the lake: comma-separated codes, for example
    /// `late,heart_rate:low`; `None` if no flag is set.
    #[must_use]
    pub fn codes(self) -> Option<String> {
        if self.is_empty() {
            return None;
        }
        // Codes are stored in the lake, so their order is part of the contract.
        let mut codes = Vec::new();
        if self.late {
            codes.push("late".to_owned());
        }
        let sets = [("low", self.low), ("high", self.high), ("not_measured", self.not_measured)];
        for (flag, set) in sets {
            codes.extend(set.iter().map(|vital| format!("{}:{flag}", vital.name())));
        }
        Some(codes.join(","))
    }

    /// Returns true if the value of `vital` is implausibly low or high.
    #[must_use]
    pub const fn implausible(self, vital: Vital) -> bool {
        self.low.contains(vital) || self.high.contains(vital)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_name_the_vital_and_the_flag() {
        let mut flags = Flags { late: true, ..Flags::default() };
        flags.low.insert(Vital::HeartRate);
        flags.not_measured.insert(Vital::Spo2);
        assert_eq!(flags.codes().unwrap(), "late,heart_rate:low,spo2:not_measured");
        assert_eq!(Flags::default().codes(), None);
    }
}
