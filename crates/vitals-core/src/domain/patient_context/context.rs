//! The context of a patient.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::limits;
use crate::domain::{decode::MAX_TIME_MS, news2::Spo2Scale, vital::Vital};

/// Age from which NEWS2 applies: 16 years.
pub(super) const ADULT_MONTHS: i32 = 16 * 12;

/// The least age of a newborn: east of UTC, the date of birth is tomorrow's there.
const NEWBORN_MONTHS: i32 = -1;

/// The SpO2 scale of a patient, as prescribed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spo2Prescription {
    /// 1 or 2.
    pub scale: u8,
    /// The prescriber.
    pub by: String,
    /// Time of the prescription, ms since the epoch.
    pub at_ms: i64,
    /// The reason.
    pub reason: String,
}

/// Age as far as the score needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgeGroup {
    /// 16 years or older.
    Adult,
    /// Under 16.
    Child,
}

impl AgeGroup {
    /// The name, as in the message.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Adult => "adult",
            Self::Child => "child",
        }
    }
}

/// Alert limits of one vital, in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VitalLimits {
    /// Values below are marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Values above are marked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
}

/// What is known of a patient apart from readings. Unknown fields of the message are ignored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PatientContext {
    /// The patient; also the key of the message.
    pub patient_id: String,
    /// The SpO2 scale; scale 1 without a prescription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spo2: Option<Spo2Prescription>,
    /// Date of birth, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Age group, if the date of birth is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_group: Option<AgeGroup>,
    /// True during pregnancy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pregnant: Option<bool>,
    /// Individual alert limits. Each vital has one entry.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "limits::deserialize")]
    pub limits: BTreeMap<Vital, VitalLimits>,
    /// Admission, ms since the epoch. Earlier readings belong to another stay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub admitted_ms: Option<i64>,
    /// Ward of the last admission or transfer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ward: Option<String>,
    /// Bed in the ward.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bed: Option<String>,
    /// Discharge, ms since the epoch. Earlier readings are no longer displayed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discharged_ms: Option<i64>,
    /// The patient under whose id this one continues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
}

/// The reason that NEWS2 does not apply to a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotApplicable {
    /// Younger than 16.
    Under16,
    /// Pregnant.
    Pregnancy,
}

impl PatientContext {
    /// Parses a message's value.
    ///
    /// # Errors
    /// If the value is not such an object, the SpO2 scale is neither 1 nor 2, the date of birth is
    /// no date, a time is not between 1970 and 2262, or the patient continues under their own id.
    pub fn parse(value: &[u8]) -> Result<Self, String> {
        super::decode::decode_value(value).map_err(|rejection| rejection.detail)
    }

    /// The context of a message that arrived at `arrival_ms`. An admission or a discharge ahead of
    /// the arrival, planned or by a wrong clock, counts from the arrival: until then, it would hide
    /// every reading of the patient.
    #[must_use]
    pub fn arrived(mut self, arrival_ms: i64) -> Self {
        self.admitted_ms = self.admitted_ms.map(|time_ms| time_ms.min(arrival_ms));
        self.discharged_ms = self.discharged_ms.map(|time_ms| time_ms.min(arrival_ms));
        self
    }

    /// Checks the values.
    ///
    /// # Errors
    /// Names the first invalid field.
    pub fn validate(&self) -> Result<(), String> {
        if self.patient_id.trim().is_empty() {
            return Err("patient_id is missing or empty".to_owned());
        }
        if self.spo2.as_ref().is_some_and(|spo2| !matches!(spo2.scale, 1 | 2)) {
            return Err("spo2.scale is neither 1 nor 2".to_owned());
        }
        if self.birth_date.is_some() && self.born().is_none() {
            return Err("birth_date is not a date YYYY-MM-DD".to_owned());
        }
        if self.merged_into.as_ref() == Some(&self.patient_id) {
            return Err("merged_into names the patient itself".to_owned());
        }
        let times = [
            ("spo2.at_ms", self.spo2.as_ref().map(|spo2| spo2.at_ms)),
            ("admitted_ms", self.admitted_ms),
            ("discharged_ms", self.discharged_ms),
        ];
        for (field, time_ms) in times {
            if time_ms.is_some_and(|time_ms| !(0..=MAX_TIME_MS).contains(&time_ms)) {
                return Err(format!("{field} is not between 1970 and 2262"));
            }
        }
        Ok(())
    }

    /// The SpO2 scale.
    #[must_use]
    pub fn spo2_scale(&self) -> Spo2Scale {
        match &self.spo2 {
            Some(Spo2Prescription { scale: 2, .. }) => Spo2Scale::Two,
            _ => Spo2Scale::One,
        }
    }

    /// The reason that NEWS2 does not apply at `now_ms`; `None` if it applies.
    #[must_use]
    pub fn not_applicable(&self, now_ms: i64) -> Option<NotApplicable> {
        if self.is_child(now_ms) {
            return Some(NotApplicable::Under16);
        }
        if self.pregnant == Some(true) { Some(NotApplicable::Pregnancy) } else { None }
    }

    /// Start of the current stay: earlier readings belong to another one, or to a patient who
    /// has left.
    #[must_use]
    pub fn stay_from_ms(&self) -> Option<i64> {
        self.admitted_ms.max(self.discharged_ms)
    }

    /// Returns true if the patient has been discharged since the last admission.
    #[must_use]
    pub fn is_discharged(&self) -> bool {
        self.discharged_ms.is_some() && self.discharged_ms >= self.admitted_ms
    }

    /// Returns true if the patient is under 16 at `now_ms`, as far as that is known. A date of birth
    /// in the future is a mistake, by which no score may be left out.
    #[must_use]
    pub fn is_child(&self, now_ms: i64) -> bool {
        match self.age_months(now_ms) {
            Some(months) if months >= NEWBORN_MONTHS => months < ADULT_MONTHS,
            _ => self.age_group == Some(AgeGroup::Child),
        }
    }

    /// Completed months since the birth at `now_ms`, if the date of birth is known.
    #[must_use]
    pub fn age_months(&self, now_ms: i64) -> Option<i32> {
        let born = self.born()?;
        let now = jiff::Timestamp::from_millisecond(now_ms).ok()?;
        let today = jiff::tz::Offset::UTC.to_datetime(now).date();
        let years = i32::from(today.year()) - i32::from(born.year());
        let months = i32::from(today.month()) - i32::from(born.month());
        Some(years * 12 + months - i32::from(today.day() < born.day()))
    }

    /// The date of birth, if it is known.
    pub(super) fn born(&self) -> Option<jiff::civil::Date> {
        self.birth_date.as_deref()?.parse().ok()
    }
}

#[cfg(test)]
#[path = "context_tests.rs"]
mod tests;
