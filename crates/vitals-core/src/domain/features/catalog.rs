//! The catalog of the eight features.

use super::error::FieldProblem;

/// The number of features.
pub const FEATURE_COUNT: usize = 8;

/// The eight features, in the order of the data set and of every array of values.
pub static FEATURES: [Feature; FEATURE_COUNT] = [
    Feature {
        name: "pregnancies",
        column: "Pregnancies",
        label: "Pregnancies",
        unit: "",
        hint: "Number of times pregnant",
        min: 0.0,
        max: 25.0,
        step: 1.0,
        whole: true,
        zero_means_missing: false,
    },
    Feature {
        name: "glucose",
        column: "Glucose",
        label: "Glucose, 2 h OGTT",
        unit: "mg/dL",
        hint: "Plasma glucose 2 hours into an oral glucose tolerance test; not a bedside value",
        min: 30.0,
        max: 600.0,
        step: 1.0,
        whole: false,
        zero_means_missing: true,
    },
    Feature {
        name: "blood_pressure",
        column: "BloodPressure",
        label: "Diastolic blood pressure",
        unit: "mmHg",
        hint: "The lower of the two pressures; never the systolic one",
        min: 20.0,
        max: 200.0,
        step: 1.0,
        whole: false,
        zero_means_missing: true,
    },
    Feature {
        name: "skin_thickness",
        column: "SkinThickness",
        label: "Triceps skin fold",
        unit: "mm",
        hint: "Skin fold thickness at the back of the upper arm",
        min: 2.0,
        max: 120.0,
        step: 1.0,
        whole: false,
        zero_means_missing: true,
    },
    Feature {
        name: "insulin",
        column: "Insulin",
        label: "Serum insulin, 2 h",
        unit: "\u{b5}U/mL",
        hint: "Serum insulin 2 hours into the glucose tolerance test",
        min: 1.0,
        max: 2000.0,
        step: 1.0,
        whole: false,
        zero_means_missing: true,
    },
    Feature {
        name: "bmi",
        column: "BMI",
        label: "Body mass index",
        unit: "kg/m\u{b2}",
        hint: "Weight in kilograms over the square of the height in metres",
        min: 10.0,
        max: 100.0,
        step: 0.1,
        whole: false,
        zero_means_missing: true,
    },
    Feature {
        name: "diabetes_pedigree_function",
        column: "DiabetesPedigreeFunction",
        label: "Diabetes pedigree function",
        unit: "",
        hint: "Score of diabetes among relatives, weighted by kinship and age; 0.08 to 2.4 in the data",
        min: 0.0,
        max: 5.0,
        step: 0.001,
        whole: false,
        zero_means_missing: false,
    },
    Feature {
        name: "age",
        column: "Age",
        label: "Age",
        unit: "years",
        hint: "Completed years; the training data has no one under 21",
        min: 21.0,
        max: 120.0,
        step: 1.0,
        whole: true,
        zero_means_missing: false,
    },
];

/// A feature of the model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Feature {
    /// Name, also of the request field.
    pub name: &'static str,
    /// Column of the training data.
    pub column: &'static str,
    /// Short label for a form.
    pub label: &'static str,
    /// Unit; empty for a count or a score.
    pub unit: &'static str,
    /// Hint for the form.
    pub hint: &'static str,
    /// Minimum, inclusive.
    pub min: f64,
    /// Maximum, inclusive.
    pub max: f64,
    /// Usual resolution of the values.
    pub step: f64,
    /// True if only whole numbers are valid.
    pub whole: bool,
    /// True if zero means "not measured".
    pub zero_means_missing: bool,
}

impl Feature {
    /// The position in [`FEATURES`] of the feature with this name.
    #[must_use]
    pub fn position(name: &str) -> Option<usize> {
        FEATURES.iter().position(|feature| feature.name == name)
    }

    /// Checks a value as sent. Returns NaN if it means "not measured".
    ///
    /// # Errors
    /// If the value is not finite, out of range, or not whole although it must be.
    pub fn check(&'static self, value: f64) -> Result<f64, FieldProblem> {
        if !value.is_finite() {
            return Err(FieldProblem::NotFinite);
        }
        // Before the range, which excludes zero for these features.
        if value == 0.0 && self.zero_means_missing {
            return Ok(f64::NAN);
        }
        if value < self.min || value > self.max {
            return Err(FieldProblem::OutOfRange { feature: self, value });
        }
        if self.whole && value.fract() != 0.0 {
            return Err(FieldProblem::NotWhole { value });
        }
        Ok(value)
    }
}
