//! The prose of a model card: intended use, population, limits.
//!
//! The texts are part of the saved cards: a change here changes their bytes.

use serde::Serialize;

use crate::model::Algorithm;

/// The sentences of a model card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// The method of the model.
    pub model: &'static str,
    /// The intended use.
    pub intended_use: &'static str,
    /// Uses it is not intended for.
    pub not_intended: &'static str,
    /// The predicted outcome.
    pub outcome: &'static str,
    /// The people in the data.
    pub population: &'static str,
    /// The origin and years of the data.
    pub source: &'static str,
    /// The treatment of missing values.
    pub missing_data: &'static str,
    /// The validation behind the figures.
    pub validation: &'static str,
    /// The method of explanation.
    pub explanation: &'static str,
    /// The limits of the model.
    pub limits: [&'static str; 7],
}

const LIMITS: [&str; 7] = [
    "One population, one clinic, 768 women, decades ago. Nothing here says how the model does \
     elsewhere, for men, for people under 21, or today. It has had no external validation.",
    "Not a medical device, and not evaluated as one.",
    "blood_pressure is the diastolic value. glucose and insulin are 2-hour values of an oral \
     glucose tolerance test: bedside values must not be fed in.",
    "The kinds of model and the grids that are searched were settled with all of this data in \
     view, and the model that is served was picked by these figures. They are optimistic by an \
     amount that the nested search does not remove.",
    "The differences between the better models are far smaller than what another sample of people \
     would do to each of them.",
    "Insulin was not measured for about half of the women, skin thickness for three in ten. What \
     the model says about them rests on the others.",
    "Contributions say what the model made of a value, not what the value does to a person. A \
     counterfactual is not a recommendation.",
];

impl Text {
    pub(super) fn of(algorithm: Algorithm) -> Self {
        Self {
            model: model(algorithm),
            intended_use: "Showing how a risk model is trained, served, monitored and explained \
                end to end; teaching and research on this data.",
            not_intended: "Diagnosis, screening or treatment of anybody. Any population other \
                than the one it was trained on.",
            outcome: "Diabetes by the criteria of the World Health Organization, found within five \
                years of the examination: a plasma glucose of 200 mg/dL or more two hours into an \
                oral glucose tolerance test, at a survey or in routine care.",
            population: "Women of Pima heritage aged 21 or more, living near Phoenix, Arizona, who \
                had no diabetes at the examination.",
            source: "National Institute of Diabetes and Digestive and Kidney Diseases: examinations \
                of a longitudinal study that began in 1965; chosen and first used by Smith and \
                others (1988), given to the UCI repository in 1990. The file has no dates.",
            missing_data: "A zero for glucose, blood pressure, skin thickness, insulin or BMI means \
                \"not measured\". Trees split on it as it is; everywhere else the median of the \
                training rows takes its place. Both are fitted inside the folds.",
            validation: "5-fold cross-validation, stratified, repeated 10 times with the seeds 0 to \
                9. Everything is fitted inside the folds: medians, scaling, hyperparameters (by a \
                5-fold search inside the training part), calibration and prediction sets. \
                Intervals: 95 % of 1,000 draws of people with replacement.",
            explanation: explanation(algorithm),
            limits: LIMITS,
        }
    }
}

fn model(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Logistic => {
            "Logistic regression on the standardised features, with an L2 penalty."
        }
        Algorithm::Spline => {
            "Logistic regression on natural cubic splines of the standardised features, with an L2 \
             penalty: a sum of one curve per feature."
        }
        Algorithm::Boosted => {
            "Gradient boosted trees of depth two. Pregnancies, glucose, BMI, pedigree and age can \
             only raise the risk."
        }
        Algorithm::Ensemble => {
            "The mean, in log-odds, of a logistic regression on natural cubic splines and of five \
             gradient boosters of depth two that differ in their seed."
        }
    }
}

fn explanation(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Logistic => {
            "Exact SHAP values of a linear model against the mean of the training rows. Base value \
             and contributions add up to the log-odds."
        }
        Algorithm::Spline => {
            "Every feature's curve less its mean over the training rows: the exact SHAP values of a \
             sum of curves. Base value and contributions add up to the log-odds."
        }
        Algorithm::Boosted => {
            "Exact SHAP values of trees (path dependent, weighted by the training rows' cover), read \
             from a table of every split pattern. Base value and contributions add up to the \
             log-odds."
        }
        Algorithm::Ensemble => {
            "The mean of the parts' exact contributions. Base value and contributions add up to the \
             log-odds."
        }
    }
}
