//! The feature values of one person.

use super::{
    catalog::{FEATURE_COUNT, FEATURES},
    error::{FeaturesError, FieldError},
    parse::FeaturesJson,
};

/// The valid feature values of one person, in the order of [`FEATURES`]; NaN means "not measured".
#[derive(Debug, Clone, Copy)]
pub struct Features(pub(super) [f64; FEATURE_COUNT]);

impl Features {
    /// Checks values in the order of [`FEATURES`]; zero means "not measured", as in the data set.
    ///
    /// # Errors
    /// All invalid values, not only the first.
    pub fn from_raw(values: [f64; FEATURE_COUNT]) -> Result<Self, Vec<FieldError>> {
        let mut checked = [f64::NAN; FEATURE_COUNT];
        let mut errors = Vec::new();
        for ((slot, feature), value) in checked.iter_mut().zip(&FEATURES).zip(values) {
            match feature.check(value) {
                Ok(value) => *slot = value,
                Err(problem) => errors.push(FieldError::new(feature.name, problem)),
            }
        }
        if errors.is_empty() { Ok(Self(checked)) } else { Err(errors) }
    }

    /// Parses a JSON object with the eight features by name.
    ///
    /// # Errors
    /// The position at which the JSON is malformed; or every field that is missing, unknown,
    /// repeated, of the wrong type or out of range.
    pub fn from_json(json: &[u8]) -> Result<Self, FeaturesError> {
        let parsed: FeaturesJson = serde_json::from_slice(json)?;
        parsed.0.map_err(FeaturesError::Invalid)
    }

    /// The values in the order of [`FEATURES`]; NaN means "not measured".
    #[must_use]
    pub fn values(&self) -> &[f64; FEATURE_COUNT] {
        &self.0
    }

    /// The values in the order of [`FEATURES`]; zero means "not measured", as in the data set.
    #[must_use]
    pub fn raw(&self) -> [f64; FEATURE_COUNT] {
        self.0.map(|value| if value.is_nan() { 0.0 } else { value })
    }

    /// The names of the features that were not measured.
    pub fn not_measured(&self) -> impl Iterator<Item = &'static str> + '_ {
        FEATURES
            .iter()
            .zip(&self.0)
            .filter(|(_, value)| value.is_nan())
            .map(|(feature, _)| feature.name)
    }
}
