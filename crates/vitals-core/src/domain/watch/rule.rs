//! The rules that raise alarms, and the priority of an alarm.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::vital::Vital;

/// The priority of an alarm, in rising order. The last three are those of IEC 60601-1-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// The equipment or the data need attention.
    Technical,
    /// Awareness is required.
    Low,
    /// Prompt response is required.
    Medium,
    /// Immediate response is required.
    High,
}

impl Priority {
    /// The priority with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        PRIORITIES.into_iter().find(|priority| priority.name() == name)
    }

    /// The name, as serialised.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Technical => "technical",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// The priorities in rising order.
pub(super) const PRIORITIES: [Priority; 4] =
    [Priority::Technical, Priority::Low, Priority::Medium, Priority::High];

/// The side of a range that a value leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Below the low limit.
    Low,
    /// Above the high limit.
    High,
}

impl Side {
    /// Returns true if `value` is beyond `limit`, or within it by less than `margin`.
    pub(super) fn is_left_by(self, value: f64, limit: f64, margin: f64) -> bool {
        match self {
            Self::Low => value < limit + margin,
            Self::High => value > limit - margin,
        }
    }
}

/// A rule of one patient. An occurrence, a silence and a delay belong to one rule.
///
/// Serialises as its code, such as `limit.heart_rate.high`, `news2` or `technical.probe_off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Rule {
    /// A vital beyond a limit. The oximeter's pulse stands in for the heart rate.
    Limit(Vital, Side),
    /// The band of NEWS2.
    News2,
    /// No heart beat after a slow rate, while other signals continue.
    Asystole,
    /// No breath, while other signals continue.
    Apnoea,
    /// A doubted value that would be critical.
    CriticalIfTrue(Vital),
    /// A sustained shift from the patient's own baseline.
    Shift(Vital),
    /// A value far from the patient's own baseline.
    Deviation(Vital),
    /// Every signal is zero.
    SignalsLost,
    /// The ECG's leads are off.
    LeadsOff,
    /// The oximeter's probe is off.
    ProbeOff,
    /// No reading arrives.
    NoData,
    /// A device repeats its last values.
    ValueStuck,
    /// A field of the readings is refused.
    RefusedField,
    /// A device's clock is wrong.
    DeviceClock,
    /// Several devices measure the same vital.
    SeveralDevices,
    /// A device also sends for another patient.
    SharedDevice,
    /// Another patient is in the same bed.
    SharedBed,
}

/// The rules without a vital, with their codes.
const CODES: [(Rule, &str); 13] = [
    (Rule::News2, "news2"),
    (Rule::Asystole, "asystole"),
    (Rule::Apnoea, "apnoea"),
    (Rule::SignalsLost, "technical.signals_lost"),
    (Rule::LeadsOff, "technical.leads_off"),
    (Rule::ProbeOff, "technical.probe_off"),
    (Rule::NoData, "technical.no_data"),
    (Rule::ValueStuck, "technical.value_stuck"),
    (Rule::RefusedField, "technical.refused_field"),
    (Rule::DeviceClock, "technical.device_clock"),
    (Rule::SeveralDevices, "technical.several_devices"),
    (Rule::SharedDevice, "technical.shared_device"),
    (Rule::SharedBed, "technical.shared_bed"),
];

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(vital, Side::Low) => write!(f, "limit.{}.low", vital.name()),
            Self::Limit(vital, Side::High) => write!(f, "limit.{}.high", vital.name()),
            Self::CriticalIfTrue(vital) => write!(f, "doubted.{}", vital.name()),
            Self::Shift(vital) => write!(f, "shift.{}", vital.name()),
            Self::Deviation(vital) => write!(f, "deviation.{}", vital.name()),
            other => {
                let code = CODES.iter().find(|(rule, _)| rule == other);
                f.write_str(code.map_or("", |(_, code)| code))
            }
        }
    }
}

impl std::str::FromStr for Rule {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        if let Some((rule, _)) = CODES.iter().find(|(_, known)| *known == code) {
            return Ok(*rule);
        }
        let mut parts = code.split('.');
        let (kind, name, side) = (parts.next(), parts.next(), parts.next());
        let vital = name.and_then(Vital::from_name);
        let rule = match (kind, vital, side) {
            (Some("limit"), Some(vital), Some("low")) => Some(Self::Limit(vital, Side::Low)),
            (Some("limit"), Some(vital), Some("high")) => Some(Self::Limit(vital, Side::High)),
            (Some("doubted"), Some(vital), None) => Some(Self::CriticalIfTrue(vital)),
            (Some("shift"), Some(vital), None) => Some(Self::Shift(vital)),
            (Some("deviation"), Some(vital), None) => Some(Self::Deviation(vital)),
            _ => None,
        };
        rule.filter(|_| parts.next().is_none()).ok_or_else(|| format!("unknown rule {code:?}"))
    }
}

impl From<Rule> for String {
    fn from(rule: Rule) -> Self {
        rule.to_string()
    }
}

impl TryFrom<String> for Rule {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        code.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vital::VITALS;

    #[test]
    fn every_priority_has_its_serialised_name() {
        for priority in PRIORITIES {
            assert_eq!(serde_json::to_value(priority).unwrap(), priority.name());
            assert_eq!(Priority::named(priority.name()), Some(priority));
        }
        assert_eq!(Priority::named("highest"), None);
    }

    #[test]
    fn every_code_is_read_back() {
        let of_vitals = VITALS.into_iter().flat_map(|vital| {
            [
                Rule::Limit(vital, Side::Low),
                Rule::Limit(vital, Side::High),
                Rule::CriticalIfTrue(vital),
                Rule::Shift(vital),
                Rule::Deviation(vital),
            ]
        });
        for rule in CODES.into_iter().map(|(rule, _)| rule).chain(of_vitals) {
            assert_eq!(rule.to_string().parse(), Ok(rule));
        }
        for code in ["", "limit", "limit.spo2", "limit.spo2.low.x", "shift.spo2.low", "News2"] {
            assert!(code.parse::<Rule>().is_err(), "{code}");
        }
    }
}
