//! Units of recordings, converted into those of the readings.

use vitals_core::domain::vital::Vital;

/// A linear conversion: `value * factor + offset`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Conversion {
    pub(super) factor: f64,
    offset: f64,
}

impl Conversion {
    /// No conversion.
    pub(super) const NONE: Self = Self { factor: 1.0, offset: 0.0 };

    /// Converts `value`. A converted value is rounded to three places: binary fractions such as
    /// 36.99999999999999 are no measurements.
    pub(super) fn apply(&self, value: f64) -> f64 {
        if *self == Self::NONE {
            return value;
        }
        vitals_core::domain::rounding::round_half_up(value * self.factor + self.offset, 3)
    }

    pub(super) const fn scaled(self, factor: f64) -> Self {
        Self { factor: self.factor * factor, offset: self.offset * factor }
    }
}

/// The conversion of `unit` into the unit of `vital`; `None` for a unit of another quantity or an
/// unknown one.
pub(super) fn conversion(vital: Vital, unit: &str) -> Option<Conversion> {
    let unit = unit.trim().to_lowercase();
    let unit = unit.trim_start_matches(['°', 'º']);
    let factor = |factor| Some(Conversion { factor, offset: 0.0 });
    match (vital, unit) {
        (Vital::HeartRate | Vital::Pulse, "bpm" | "/min" | "1/min" | "beats/min" | "min-1") => {
            factor(1.0)
        }
        (Vital::HeartRate | Vital::Pulse | Vital::RespiratoryRate, "hz" | "1/s") => factor(60.0),
        (
            Vital::RespiratoryRate,
            "bpm" | "/min" | "1/min" | "breaths/min" | "rpm" | "pm" | "min-1",
        ) => factor(1.0),
        (Vital::Spo2, "%" | "percent") => factor(1.0),
        (Vital::Spo2, "1" | "fraction") => factor(100.0),
        (
            Vital::Systolic | Vital::Diastolic | Vital::MeanPressure,
            "mmhg" | "mm[hg]" | "mm hg" | "torr",
        ) => factor(1.0),
        (Vital::Systolic | Vital::Diastolic | Vital::MeanPressure, "kpa") => factor(7.500_616_83),
        (Vital::Temperature, "c" | "degc" | "cel" | "celsius" | "deg c") => factor(1.0),
        (Vital::Temperature, "f" | "degf" | "[degf]" | "fahrenheit" | "deg f") => {
            Some(Conversion { factor: 5.0 / 9.0, offset: -160.0 / 9.0 })
        }
        (Vital::Temperature, "k" | "kelvin") => Some(Conversion { factor: 1.0, offset: -273.15 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_converted() {
        let cases = [
            (Vital::Temperature, "°F", 98.6, 37.0),
            (Vital::Temperature, "degF", 32.0, 0.0),
            (Vital::Temperature, "K", 310.15, 37.0),
            (Vital::Systolic, "kPa", 16.0, 120.01),
            (Vital::Spo2, "fraction", 0.97, 97.0),
            (Vital::RespiratoryRate, "pm", 12.5, 12.5),
            (Vital::HeartRate, "Hz", 1.2, 72.0),
        ];
        for (vital, unit, value, expected) in cases {
            let found = conversion(vital, unit).unwrap().apply(value);
            assert!((found - expected).abs() < 1e-9, "{unit}: {found}");
        }
        assert_eq!(conversion(Vital::HeartRate, "mmHg"), None);
        assert_eq!(conversion(Vital::Spo2, "stones"), None);
    }
}
