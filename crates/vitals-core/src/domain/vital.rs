//! The vitals: names, units, codes and plausibility limits.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

use super::rounding::round_half_up;

/// One measured quantity of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Vital {
    /// Heart rate from the ECG, beats/min.
    HeartRate,
    /// Pulse rate from the pulse oximeter, beats/min.
    Pulse,
    /// Oxygen saturation from the pulse oximeter, %.
    Spo2,
    /// Systolic blood pressure, mmHg.
    Systolic,
    /// Diastolic blood pressure, mmHg.
    Diastolic,
    /// Mean blood pressure, mmHg.
    MeanPressure,
    /// Respiratory rate, breaths/min.
    RespiratoryRate,
    /// Body temperature, degrees Celsius.
    Temperature,
}

/// Number of vitals.
pub const VITAL_COUNT: usize = 8;

/// Every vital, in the order of the lake's columns.
pub const VITALS: [Vital; VITAL_COUNT] = [
    Vital::HeartRate,
    Vital::Pulse,
    Vital::Spo2,
    Vital::Systolic,
    Vital::Diastolic,
    Vital::MeanPressure,
    Vital::RespiratoryRate,
    Vital::Temperature,
];

/// Plausibility limits in the vital's unit.
///
/// Values below `reject_below` or above `reject_above` are physically impossible and refused;
/// values outside the flag limits are doubted: kept, flagged and not scored. Limits apply to the
/// value at its displayed precision. Source: `variable_ranges` of
/// MIMIC-Extract (Wang et al. 2020); the flag limits of heart rate (low), respiratory rate,
/// SpO2 (low), systolic and diastolic (low), and the limit of 100 % for SpO2, are a judgement of this
/// project.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plausibility {
    /// Lowest accepted value.
    pub reject_below: f64,
    /// Lowest unflagged value.
    pub flag_below: f64,
    /// Highest unflagged value.
    pub flag_above: f64,
    /// Highest accepted value.
    pub reject_above: f64,
}

/// The constants of a vital.
#[derive(Clone, Copy)]
struct Facts {
    name: &'static str,
    label: &'static str,
    unit: &'static str,
    ucum: &'static str,
    loinc: &'static str,
    limits: [f64; 4],
    zero_is_missing: bool,
}

/// The constants by vital, in a static: the decoder reads them for every value.
static FACTS: [Facts; VITAL_COUNT] = {
    let mut all = [const { facts_of(Vital::HeartRate) }; VITAL_COUNT];
    let mut index = 0;
    while index < VITAL_COUNT {
        all[index] = facts_of(VITALS[index]);
        index += 1;
    }
    all
};

const fn facts(vital: Vital) -> &'static Facts {
    &FACTS[vital as usize]
}

const fn facts_of(vital: Vital) -> Facts {
    // The limits: rejected below, doubted below, doubted above, rejected above.
    let (name, label, unit, ucum, loinc, limits, zero_is_missing) = match vital {
        Vital::HeartRate => (
            "heart_rate",
            "Heart rate",
            "beats/min",
            "/min",
            "8867-4",
            [0.0, 10.0, 350.0, 390.0],
            true,
        ),
        Vital::Pulse => {
            ("pulse", "Pulse", "beats/min", "/min", "8889-8", [0.0, 10.0, 350.0, 390.0], true)
        }
        Vital::Spo2 => ("spo2", "SpO2", "%", "%", "59408-5", [0.0, 30.0, 100.0, 100.0], true),
        Vital::Systolic => (
            "systolic",
            "Systolic pressure",
            "mmHg",
            "mm[Hg]",
            "8480-6",
            [0.0, 20.0, 375.0, 375.0],
            false,
        ),
        Vital::Diastolic => (
            "diastolic",
            "Diastolic pressure",
            "mmHg",
            "mm[Hg]",
            "8462-4",
            [0.0, 10.0, 375.0, 375.0],
            false,
        ),
        Vital::MeanPressure => (
            "mean_pressure",
            "Mean pressure",
            "mmHg",
            "mm[Hg]",
            "8478-0",
            [0.0, 14.0, 330.0, 375.0],
            false,
        ),
        Vital::RespiratoryRate => (
            "respiratory_rate",
            "Respiratory rate",
            "breaths/min",
            "/min",
            "9279-1",
            [0.0, 1.0, 120.0, 330.0],
            false,
        ),
        Vital::Temperature => {
            ("temperature", "Temperature", "°C", "Cel", "8310-5", [14.2, 26.0, 45.0, 47.0], false)
        }
    };
    Facts { name, label, unit, ucum, loinc, limits, zero_is_missing }
}

impl Vital {
    /// The name of the JSON field and lake column, for example `heart_rate`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        facts(self).name
    }

    /// The display name.
    #[must_use]
    pub const fn label(self) -> &'static str {
        facts(self).label
    }

    /// The unit, as displayed. Each vital has one fixed unit.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        facts(self).unit
    }

    /// The unit's UCUM code.
    #[must_use]
    pub const fn ucum(self) -> &'static str {
        facts(self).ucum
    }

    /// The LOINC code.
    #[must_use]
    pub const fn loinc(self) -> &'static str {
        facts(self).loinc
    }

    /// The plausibility limits.
    #[must_use]
    pub const fn plausibility(self) -> Plausibility {
        let [reject_below, flag_below, flag_above, reject_above] = facts(self).limits;
        Plausibility { reject_below, flag_below, flag_above, reject_above }
    }

    /// The decimal places that are shown, scored and compared with limits.
    #[must_use]
    pub const fn decimals(self) -> i32 {
        if matches!(self, Self::Temperature) { 1 } else { 0 }
    }

    /// `value` at the displayed precision.
    #[must_use]
    pub fn round(self, value: f64) -> f64 {
        round_half_up(value, self.decimals())
    }

    /// Returns true if a monitor sends zero for "not measured": the probe is off, the patient has a
    /// pulse.
    #[must_use]
    pub const fn zero_is_missing(self) -> bool {
        facts(self).zero_is_missing
    }

    /// Returns true if `value` is displayed as zero and means zero. The vitals of which zero is "not
    /// measured" have none: a saturation near it may be a fraction.
    #[must_use]
    pub fn is_zero(self, value: f64) -> bool {
        // Only small values are rounded: the decoder checks every value of every reading.
        value < 1.0 && !self.zero_is_missing() && self.round(value) == 0.0
    }

    /// Looks a vital up by its [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        VITALS.into_iter().find(|vital| vital.name() == name)
    }
}

/// From the name as text. As a derived enum it would be missing in the paths of errors in a map.
impl<'de> Deserialize<'de> for Vital {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = Cow::<'_, str>::deserialize(deserializer)?;
        Self::from_name(&name).ok_or_else(|| D::Error::custom(format!("unknown vital `{name}`")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_serde_and_the_order_matches_the_discriminants() {
        for (index, vital) in VITALS.into_iter().enumerate() {
            assert_eq!(vital as usize, index);
            assert_eq!(serde_json::to_value(vital).unwrap(), vital.name());
            assert_eq!(Vital::from_name(vital.name()), Some(vital));
        }
        assert_eq!(Vital::from_name("heartrate"), None);
    }

    #[test]
    fn limits_are_nested() {
        for vital in VITALS {
            let limits = vital.plausibility();
            assert!(limits.reject_below <= limits.flag_below, "{vital:?}");
            assert!(limits.flag_below < limits.flag_above, "{vital:?}");
            assert!(limits.flag_above <= limits.reject_above, "{vital:?}");
        }
    }
}
