//! Names of vitals, NEWS2 parts, bands and levels of consciousness, converted from the domain.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use vitals_core::domain::{
    news2::{Band, Part},
    patient_context::NotApplicable,
    reading::Consciousness,
    vital::Vital,
};

/// A vital shown on the pages.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum VitalName {
    /// Heart rate from the ECG, beats/min.
    HeartRate,
    /// Pulse rate from the oximeter, beats/min.
    Pulse,
    /// Oxygen saturation, %.
    Spo2,
    /// Systolic pressure, mmHg.
    Systolic,
    /// Diastolic pressure, mmHg.
    Diastolic,
    /// Respiratory rate, breaths/min.
    RespiratoryRate,
    /// Body temperature, degrees Celsius.
    Temperature,
}

/// A part of NEWS2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the chart, see vitals_core::domain::news2::Part")]
pub enum PartName {
    RespiratoryRate,
    Spo2,
    AirOrOxygen,
    Systolic,
    Pulse,
    Consciousness,
    Temperature,
}

/// The clinical risk of a score, in rising order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names of the chart, see vitals_core::domain::news2::Band")]
pub enum BandName {
    Low,
    LowMedium,
    Medium,
    High,
}

/// The reason for the band by which a patient is ranked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RankBasis {
    /// The last known inputs reach it. Expired inputs count until later ones replace them.
    Inputs,
    /// The watch holds it: the inputs have not been in another band for long enough.
    Held,
    /// A condition of high priority, whatever is measured.
    Condition,
}

/// The reason that NEWS2 does not apply to a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotApplicableReason {
    /// Younger than 16.
    Under16,
    /// Pregnant.
    Pregnancy,
}

/// Level of consciousness: alert, new confusion, responds to voice, to pain, unresponsive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[expect(missing_docs, reason = "the letters of the ACVPU scale")]
pub enum Acvpu {
    A,
    C,
    V,
    P,
    U,
}

/// The vitals shown on the pages, in the order of the lake's columns.
pub const SHOWN: [Vital; 7] = [
    Vital::HeartRate,
    Vital::Pulse,
    Vital::Spo2,
    Vital::Systolic,
    Vital::Diastolic,
    Vital::RespiratoryRate,
    Vital::Temperature,
];

/// The name of `vital`; `None` if the pages do not show it.
#[must_use]
pub const fn vital_name(vital: Vital) -> Option<VitalName> {
    Some(match vital {
        Vital::HeartRate => VitalName::HeartRate,
        Vital::Pulse => VitalName::Pulse,
        Vital::Spo2 => VitalName::Spo2,
        Vital::Systolic => VitalName::Systolic,
        Vital::Diastolic => VitalName::Diastolic,
        Vital::RespiratoryRate => VitalName::RespiratoryRate,
        Vital::Temperature => VitalName::Temperature,
        Vital::MeanPressure => return None,
    })
}

impl From<Part> for PartName {
    fn from(part: Part) -> Self {
        match part {
            Part::RespiratoryRate => Self::RespiratoryRate,
            Part::Spo2 => Self::Spo2,
            Part::AirOrOxygen => Self::AirOrOxygen,
            Part::Systolic => Self::Systolic,
            Part::Pulse => Self::Pulse,
            Part::Consciousness => Self::Consciousness,
            Part::Temperature => Self::Temperature,
        }
    }
}

impl From<Band> for BandName {
    fn from(band: Band) -> Self {
        match band {
            Band::Low => Self::Low,
            Band::LowMedium => Self::LowMedium,
            Band::Medium => Self::Medium,
            Band::High => Self::High,
        }
    }
}

impl From<NotApplicable> for NotApplicableReason {
    fn from(reason: NotApplicable) -> Self {
        match reason {
            NotApplicable::Under16 => Self::Under16,
            NotApplicable::Pregnancy => Self::Pregnancy,
        }
    }
}

impl From<Consciousness> for Acvpu {
    fn from(level: Consciousness) -> Self {
        match level {
            Consciousness::A => Self::A,
            Consciousness::C => Self::C,
            Consciousness::V => Self::V,
            Consciousness::P => Self::P,
            Consciousness::U => Self::U,
        }
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::vital::VITALS;

    use super::*;

    #[test]
    fn vitals_are_named_after_their_columns() {
        for vital in VITALS {
            let name = vital_name(vital);
            assert_eq!(name.is_some(), SHOWN.contains(&vital), "{vital:?}");
            if let Some(name) = name {
                assert_eq!(serde_json::to_value(name).unwrap(), vital.name());
            }
        }
    }

    #[test]
    fn levels_of_consciousness_keep_their_letters() {
        for letter in ["A", "C", "V", "P", "U"] {
            let level = Consciousness::from_letter(letter).unwrap();
            assert_eq!(serde_json::to_value(Acvpu::from(level)).unwrap(), letter);
        }
    }
}
