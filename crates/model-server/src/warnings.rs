//! Warnings about values beyond a model's knowledge.

use serde::Serialize;
use utoipa::ToSchema;
use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Feature};

/// 2-hour glucose from which an oral glucose tolerance test is diagnostic of diabetes, mg/dL (World
/// Health Organization, 2006; American Diabetes Association).
pub const DIAGNOSTIC_GLUCOSE: f64 = 200.0;

/// Position of glucose, the strongest feature, without which no score is usable.
const GLUCOSE: usize = 1;

/// The kind of a warning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(test, derive(ts_rs::TS))]
pub enum WarningCode {
    /// The value was not measured.
    NotMeasured,
    /// No training row has a value as low or as high: the nearest observed value was used.
    OutsideTrainingRange,
    /// The value is the diagnosis itself.
    DiagnosticCriterion,
}

impl WarningCode {
    /// Every code, in the order of its bit.
    pub const ALL: [Self; 3] =
        [Self::NotMeasured, Self::OutsideTrainingRange, Self::DiagnosticCriterion];

    /// The name in responses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotMeasured => "not_measured",
            Self::OutsideTrainingRange => "outside_training_range",
            Self::DiagnosticCriterion => "diagnostic_criterion",
        }
    }

    /// The bit of this code in [`Warnings::bits`].
    #[must_use]
    pub fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The warning in plain words. `observed` is the range of the training rows.
    #[must_use]
    pub fn message(self, feature: &Feature, [min, max]: [f64; 2]) -> String {
        let Feature { label, unit, .. } = feature;
        match self {
            Self::NotMeasured => format!("{label} was not measured."),
            Self::OutsideTrainingRange => {
                let range = format!("{min} to {max} {unit}");
                let range = range.trim_end();
                format!(
                    "{label} is outside of the training range, {range}: the nearest end was used."
                )
            }
            Self::DiagnosticCriterion => format!(
                "{label} of {DIAGNOSTIC_GLUCOSE} {unit} or more is the diagnostic criterion of \
                 diabetes itself and needs no model."
            ),
        }
    }
}

/// The warnings about a person's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Warnings {
    bits: [u8; FEATURE_COUNT],
    unusable: Option<Unusable>,
}

impl Warnings {
    /// Checks values in the features' units against the range of the training rows; NaN is "not
    /// measured".
    #[must_use]
    pub fn of(values: &[f64; FEATURE_COUNT], observed: &[[f64; 2]; FEATURE_COUNT]) -> Self {
        let mut bits = [0; FEATURE_COUNT];
        for ((bits, value), [min, max]) in bits.iter_mut().zip(values).zip(observed) {
            if value.is_nan() {
                *bits |= WarningCode::NotMeasured.bit();
            // The nearest end of the range is used in its place, so the score is that of another
            // value.
            } else if value < min || value > max {
                *bits |= WarningCode::OutsideTrainingRange.bit();
            }
        }
        if Unusable::of(values) == Some(Unusable::Diagnostic) {
            bits[GLUCOSE] |= WarningCode::DiagnosticCriterion.bit();
        }
        Self { bits, unusable: Unusable::of(values) }
    }

    /// The codes of every feature as bits, see [`WarningCode::bit`].
    #[must_use]
    pub fn bits(&self) -> &[u8; FEATURE_COUNT] {
        &self.bits
    }

    /// The warnings, by position of the feature.
    pub fn iter(&self) -> impl Iterator<Item = (usize, WarningCode)> + '_ {
        self.bits.iter().enumerate().flat_map(|(j, bits)| {
            let codes = WarningCode::ALL.into_iter().filter(move |code| bits & code.bit() != 0);
            codes.map(move |code| (j, code))
        })
    }

    /// The reason that no decision may rest on the score; `None` if it is usable.
    #[must_use]
    pub fn unusable(&self) -> Option<Unusable> {
        self.unusable
    }
}

/// The reason that a score is not usable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// The strongest feature was not measured, alone or with all other measurements.
    NoGlucose,
    /// Glucose is the diagnosis itself.
    Diagnostic,
}

impl Unusable {
    /// The reason for these values, in the features' units; NaN is "not measured".
    #[must_use]
    pub fn of(values: &[f64; FEATURE_COUNT]) -> Option<Self> {
        let glucose = values[GLUCOSE];
        if glucose.is_nan() {
            Some(Self::NoGlucose)
        } else if glucose >= DIAGNOSTIC_GLUCOSE {
            Some(Self::Diagnostic)
        } else {
            None
        }
    }

    /// The feature concerned.
    #[must_use]
    pub fn feature(self) -> &'static str {
        FEATURES[GLUCOSE].name
    }

    /// The reason as the end of a sentence that begins with the feature.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::NoGlucose => "was not measured: without it no usable risk can be given",
            Self::Diagnostic => {
                "of 200 mg/dL or more is the diagnostic criterion of diabetes itself and needs no \
                 model"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OBSERVED: [[f64; 2]; FEATURE_COUNT] = [
        [0.0, 17.0],
        [44.0, 199.0],
        [24.0, 122.0],
        [7.0, 99.0],
        [14.0, 846.0],
        [18.2, 67.1],
        [0.078, 2.42],
        [21.0, 81.0],
    ];

    fn codes(values: [f64; FEATURE_COUNT]) -> Vec<(&'static str, WarningCode)> {
        let warnings = Warnings::of(&values, &OBSERVED);
        warnings.iter().map(|(j, code)| (FEATURES[j].name, code)).collect()
    }

    #[test]
    fn every_feature_is_warned_about_outside_of_its_range() {
        let inside = [3.0, 117.0, 72.0, 29.0, 125.0, 32.3, 0.373, 29.0];
        assert_eq!(codes(inside), []);
        for j in 0..FEATURE_COUNT {
            for (value, expected) in [
                (OBSERVED[j][0], None),
                (OBSERVED[j][1], None),
                (OBSERVED[j][0] - 0.001, Some(WarningCode::OutsideTrainingRange)),
                (OBSERVED[j][1] + 0.001, Some(WarningCode::OutsideTrainingRange)),
                (f64::NAN, Some(WarningCode::NotMeasured)),
            ] {
                let mut values = inside;
                values[j] = value;
                let expected: Vec<_> =
                    expected.map(|c| (FEATURES[j].name, c)).into_iter().collect();
                assert_eq!(codes(values), expected, "{value}");
            }
        }
    }

    #[test]
    fn a_glucose_of_200_is_the_diagnosis() {
        let mut values = [3.0, 199.9, 72.0, 29.0, 125.0, 32.3, 0.373, 29.0];
        assert_eq!(Warnings::of(&values, &OBSERVED).unusable(), None);
        for glucose in [200.0, 250.0, 600.0] {
            values[1] = glucose;
            assert_eq!(
                codes(values),
                [
                    ("glucose", WarningCode::OutsideTrainingRange),
                    ("glucose", WarningCode::DiagnosticCriterion)
                ]
            );
            let unusable = Warnings::of(&values, &OBSERVED).unusable();
            assert_eq!(unusable, Some(Unusable::Diagnostic), "{glucose}");
        }
    }

    #[test]
    fn without_glucose_no_score_is_usable() {
        let mut values = [3.0, f64::NAN, 72.0, 29.0, 125.0, 32.3, 0.373, 29.0];
        assert_eq!(Warnings::of(&values, &OBSERVED).unusable(), Some(Unusable::NoGlucose));
        values[2..6].fill(f64::NAN);
        assert_eq!(Warnings::of(&values, &OBSERVED).unusable(), Some(Unusable::NoGlucose));
        values[1] = 120.0;
        assert_eq!(Warnings::of(&values, &OBSERVED).unusable(), None);
    }

    #[test]
    fn messages_give_range_and_unit() {
        for (code, j, expected) in [
            (
                WarningCode::OutsideTrainingRange,
                4,
                "Serum insulin, 2 h is outside of the training range, 14 to 846 \u{b5}U/mL: the \
                 nearest end was used.",
            ),
            (
                WarningCode::OutsideTrainingRange,
                6,
                "Diabetes pedigree function is outside of the training range, 0.078 to 2.42: the \
                 nearest end was used.",
            ),
            (WarningCode::NotMeasured, 5, "Body mass index was not measured."),
            (
                WarningCode::DiagnosticCriterion,
                1,
                "Glucose, 2 h OGTT of 200 mg/dL or more is the diagnostic criterion of diabetes \
                 itself and needs no model.",
            ),
        ] {
            assert_eq!(code.message(&FEATURES[j], OBSERVED[j]), expected);
        }
    }
}
