//! One number per feature, by name.

use serde::{Deserialize, Serialize};

use crate::domain::features::FEATURE_COUNT;

/// One number per feature; in JSON an object keyed by the features' names.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the catalog of features describes them")]
pub struct ByFeature {
    pub pregnancies: f64,
    pub glucose: f64,
    pub blood_pressure: f64,
    pub skin_thickness: f64,
    pub insulin: f64,
    pub bmi: f64,
    pub diabetes_pedigree_function: f64,
    pub age: f64,
}

impl ByFeature {
    /// The numbers in catalog order.
    #[must_use]
    pub const fn to_array(self) -> [f64; FEATURE_COUNT] {
        [
            self.pregnancies,
            self.glucose,
            self.blood_pressure,
            self.skin_thickness,
            self.insulin,
            self.bmi,
            self.diabetes_pedigree_function,
            self.age,
        ]
    }

    pub(super) fn is_finite(self) -> bool {
        self.to_array().into_iter().all(f64::is_finite)
    }
}

impl From<[f64; FEATURE_COUNT]> for ByFeature {
    /// Converts numbers in catalog order.
    fn from(values: [f64; FEATURE_COUNT]) -> Self {
        let [
            pregnancies,
            glucose,
            blood_pressure,
            skin_thickness,
            insulin,
            bmi,
            diabetes_pedigree_function,
            age,
        ] = values;
        Self {
            pregnancies,
            glucose,
            blood_pressure,
            skin_thickness,
            insulin,
            bmi,
            diabetes_pedigree_function,
            age,
        }
    }
}
