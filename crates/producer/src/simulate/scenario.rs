//! Scenarios of deterioration and recovery.

use serde::{Deserialize, Serialize};

use super::stages::{ATRIAL_FIBRILLATION, HAEMORRHAGE, HYPOXIA, OPIOID, RECOVERY, SEPSIS, Stage};

/// An illness with its treatment and recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scenario {
    /// Fever, then tachycardia, tachypnoea and hypotension.
    Sepsis,
    /// Respiratory failure until oxygen is given.
    Hypoxia,
    /// The four ATLS classes of blood loss.
    Haemorrhage,
    /// A fast irregular rhythm with a pulse deficit.
    AtrialFibrillation,
    /// Bradypnoea, hypoxia and sedation until naloxone is given.
    OpioidRespiratoryDepression,
    /// Recovery from surgery.
    Recovery,
}

/// Every scenario.
pub const SCENARIOS: [Scenario; 6] = [
    Scenario::Sepsis,
    Scenario::Hypoxia,
    Scenario::Haemorrhage,
    Scenario::AtrialFibrillation,
    Scenario::OpioidRespiratoryDepression,
    Scenario::Recovery,
];

impl Scenario {
    /// The name, for example `atrial_fibrillation`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sepsis => "sepsis",
            Self::Hypoxia => "hypoxia",
            Self::Haemorrhage => "haemorrhage",
            Self::AtrialFibrillation => "atrial_fibrillation",
            Self::OpioidRespiratoryDepression => "opioid_respiratory_depression",
            Self::Recovery => "recovery",
        }
    }

    /// The stages in chronological order.
    pub(super) const fn stages(self) -> &'static [Stage] {
        match self {
            Self::Sepsis => &SEPSIS,
            Self::Hypoxia => &HYPOXIA,
            Self::Haemorrhage => &HAEMORRHAGE,
            Self::AtrialFibrillation => &ATRIAL_FIBRILLATION,
            Self::OpioidRespiratoryDepression => &OPIOID,
            Self::Recovery => &RECOVERY,
        }
    }

    /// Time from the onset until every vital is at the baseline again, seconds.
    pub(super) fn duration_s(self) -> f64 {
        self.stages().last().map_or(0.0, |stage| stage.minute * 60.0)
    }

    /// The scenario that patient `index` of a ward goes through again and again; `None` stays well.
    /// Scenarios are assigned by index rather than drawn, so that a small ward has some of each.
    pub(super) const fn of_patient(index: u32) -> Option<Self> {
        match index % 20 {
            1 => Some(Self::Sepsis),
            3 => Some(Self::Hypoxia),
            6 => Some(Self::Haemorrhage),
            9 => Some(Self::AtrialFibrillation),
            13 => Some(Self::OpioidRespiratoryDepression),
            16 => Some(Self::Recovery),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_messages() {
        for scenario in SCENARIOS {
            assert_eq!(serde_json::to_value(scenario).unwrap(), scenario.name());
        }
    }

    #[test]
    fn stages_are_in_chronological_order_and_end_well() {
        for scenario in SCENARIOS {
            let stages = scenario.stages();
            assert!(stages.windows(2).all(|pair| pair[0].minute < pair[1].minute), "{scenario:?}");
            assert_eq!(stages[0].minute, 0.0);
            assert_eq!(stages.last().unwrap().heart_rate, None, "{scenario:?}");
        }
    }
}
