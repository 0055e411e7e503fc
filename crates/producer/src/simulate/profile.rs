//! The facts about a patient that decide on normal values and on the score.

use rand::Rng;
use vitals_core::domain::patient_context::{PatientContext, Spo2Prescription};

/// Year to which ages refer. A constant, so that a seed determines the dates of birth.
const REFERENCE_YEAR: u32 = 2026;
/// The youngest adult, for whom NEWS2 applies.
pub(super) const ADULT_YEARS: u32 = 16;

/// A patient's age and the conditions that change the normal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Age in years at the beginning of 2026.
    pub age: u32,
    /// Chronic obstructive pulmonary disease with hypercapnic failure: SpO2 scale 2.
    pub copd: bool,
    /// Pregnancy.
    pub pregnant: bool,
}

impl Profile {
    /// The profile of patient `index`. Conditions go by the index rather than by chance, so that a
    /// small ward has some of each: of every twenty patients two have COPD, one is pregnant and one
    /// is a child.
    pub(super) fn of_patient(index: u32, rng: &mut impl Rng) -> Self {
        // One draw in every case: the rest of the random stream does not depend on the index.
        let share: f64 = rng.random();
        let position = index % 20;
        let (youngest, oldest) = match position {
            2 | 11 => (55.0, 88.0),
            8 => (19.0, 42.0),
            17 => (5.0, 14.0),
            _ => (22.0, 94.0),
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below 100")]
        let age = (youngest + share * (oldest - youngest)) as u32;
        Self { age, copd: matches!(position, 2 | 11), pregnant: position == 8 }
    }

    /// Returns true if the patient is too young for NEWS2.
    pub(super) const fn is_child(&self) -> bool {
        self.age < ADULT_YEARS
    }

    /// Returns true if `context` is already this patient's, perhaps with changes by hand.
    pub(super) fn is_of(&self, context: &PatientContext) -> bool {
        context.birth_date == Some(self.birth_date())
            && (!self.copd || context.spo2.is_some())
            && (!self.pregnant || context.pregnant == Some(true))
    }

    /// On 1 January, so that the age is complete from the beginning of the year.
    fn birth_date(&self) -> String {
        format!("{:04}-01-01", REFERENCE_YEAR.saturating_sub(self.age))
    }

    /// The context of the patient with this profile; prescriptions are dated `at_ms` (ms since the
    /// Unix epoch).
    pub(super) fn context(&self, patient_id: &str, at_ms: i64) -> PatientContext {
        let spo2 = Spo2Prescription {
            scale: 2,
            by: "simulator".to_owned(),
            at_ms,
            reason: "COPD with hypercapnic failure".to_owned(),
        };
        PatientContext {
            patient_id: patient_id.to_owned(),
            spo2: self.copd.then_some(spo2),
            birth_date: Some(self.birth_date()),
            pregnant: self.pregnant.then_some(true),
            ..PatientContext::default()
        }
    }
}
