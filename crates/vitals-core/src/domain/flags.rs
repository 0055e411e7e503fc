//! Flags of an accepted reading: doubts about data quality, never an alarm.

use super::{
    decode::{FIELD_COUNT, field_name},
    vital::{VITALS, Vital},
};

/// A set of vitals, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct VitalSet(u8);

impl VitalSet {
    /// Adds `vital`.
    pub const fn insert(&mut self, vital: Vital) {
        self.0 |= 1 << vital as u8;
    }

    /// Removes `vital`.
    pub const fn remove(&mut self, vital: Vital) {
        self.0 &= !(1 << vital as u8);
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

/// A set of fields of the contract, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldSet(u32);

impl FieldSet {
    /// Adds the field with index `field`, in the order of the contract.
    pub(super) const fn insert(&mut self, field: usize) {
        self.0 |= 1 << field;
    }

    /// The names of the members, in the order of the contract.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        (0..FIELD_COUNT).filter(move |field| self.0 & (1 << field) != 0).map(field_name)
    }
}

/// The flags of one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    /// The reading arrived much later than it was measured.
    pub late: bool,
    /// The device's clock is further ahead of the arrival than allowed: the reading has the time
    /// of its arrival.
    pub clock_ahead: bool,
    /// The message was an array that holds exactly one reading.
    pub in_array: bool,
    /// Zero from the pulse oximeter beside a heart rate from the ECG.
    pub probe_off: bool,
    /// Zero from the ECG beside a pulse.
    pub leads_off: bool,
    /// Zero from every channel, of at least two.
    pub signals_lost: bool,
    /// Vitals that are implausibly low, but possible.
    pub low: VitalSet,
    /// Vitals that are implausibly high, but possible.
    pub high: VitalSet,
    /// Vitals with an ambiguous value, such as a saturation that may be a fraction.
    pub ambiguous: VitalSet,
    /// Vitals for which the device sent its mark for "not measured", such as zero.
    pub not_measured: VitalSet,
    /// Vitals that are within their limits only after rounding, and stored rounded.
    pub rounded: VitalSet,
    /// Fields that were converted from another type, spelling or unit.
    pub converted: FieldSet,
}

impl Flags {
    /// Returns true if no flag is set.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
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
        let conditions = [
            ("late", self.late),
            ("clock_ahead", self.clock_ahead),
            ("in_array", self.in_array),
            ("probe_off", self.probe_off),
            ("leads_off", self.leads_off),
            ("signals_lost", self.signals_lost),
        ];
        codes.extend(conditions.iter().filter(|(_, set)| *set).map(|(code, _)| (*code).to_owned()));
        let sets = [
            ("low", self.low),
            ("high", self.high),
            ("ambiguous", self.ambiguous),
            ("not_measured", self.not_measured),
            ("rounded", self.rounded),
        ];
        for (flag, set) in sets {
            codes.extend(set.iter().map(|vital| format!("{}:{flag}", vital.name())));
        }
        codes.extend(self.converted.names().map(|name| format!("{name}:converted")));
        Some(codes.join(","))
    }

    /// The flags with these codes. Unknown codes are ignored; conversions have no effect on a
    /// reading that is stored.
    #[must_use]
    pub fn from_codes(codes: &str) -> Self {
        let mut flags = Self::default();
        for code in codes.split(',') {
            match code {
                "late" => flags.late = true,
                "clock_ahead" => flags.clock_ahead = true,
                "in_array" => flags.in_array = true,
                "probe_off" => flags.probe_off = true,
                "leads_off" => flags.leads_off = true,
                "signals_lost" => flags.signals_lost = true,
                _ => flags.insert_of_vital(code),
            }
        }
        flags
    }

    fn insert_of_vital(&mut self, code: &str) {
        let Some((name, flag)) = code.split_once(':') else { return };
        let Some(vital) = Vital::from_name(name) else { return };
        match flag {
            "low" => self.low.insert(vital),
            "high" => self.high.insert(vital),
            "ambiguous" => self.ambiguous.insert(vital),
            "not_measured" => self.not_measured.insert(vital),
            "rounded" => self.rounded.insert(vital),
            _ => {}
        }
    }

    /// Returns true if the value of `vital` is doubted: kept and shown with a mark, not scored.
    #[must_use]
    pub const fn is_doubted(self, vital: Vital) -> bool {
        self.low.contains(vital) || self.high.contains(vital) || self.ambiguous.contains(vital)
    }

    /// Removes every doubt about the value of `vital`.
    pub(super) const fn clear_doubt(&mut self, vital: Vital) {
        self.low.remove(vital);
        self.high.remove(vital);
        self.ambiguous.remove(vital);
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
        flags.converted.insert(Vital::Pulse as usize);
        let codes = "late,heart_rate:low,spo2:not_measured,pulse:converted";
        assert_eq!(flags.codes().unwrap(), codes);
        assert_eq!(Flags::default().codes(), None);
        let converted = Flags { converted: FieldSet::default(), ..flags };
        assert_eq!(Flags::from_codes(codes), converted);
        assert_eq!(Flags::from_codes(""), Flags::default());
    }
}
