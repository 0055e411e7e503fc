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
    /// The reasons for the rule of threshold and risk levels.
    pub thresholds: &'static str,
    /// The treatment of the highest probabilities.
    pub highest_tenth: &'static str,
    /// The meaning of a prediction set.
    pub prediction_sets: &'static str,
    /// The method of explanation.
    pub explanation: &'static str,
    /// The limits of the model.
    pub limits: [&'static str; 8],
}

const LIMITS: [&str; 8] = [
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
    "A value beyond the training range counts as the nearest observed one, and the response warns of \
     it. The curve there is a decision, not knowledge: 6 of the 9 women with insulin above 500 had \
     diabetes.",
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
                Figures are those of single fits: no prediction is averaged over refits. Intervals: \
                95 % of 200 draws of people with replacement, the model refitted on each draw with the \
                hyperparameters chosen on all rows, and judged on the women not drawn. They are wider \
                than those of a fixed model, and lie somewhat lower: a draw has fewer distinct women.",
            thresholds: "A missed woman gets no follow-up, a false alarm a blood test, so the rule \
                fixes sensitivity first. It is applied to the out-of-fold predictions below, which \
                makes these rows slightly optimistic. `model-server train` takes other requirements; \
                net benefit is listed for other preferences.",
            highest_tenth: highest_tenth(algorithm),
            prediction_sets: "Label-conditional cross-conformal sets from out-of-fold scores: the \
                outcomes that are usual at a score. The confidence holds over all sets, not among \
                those of one kind: the errors gather in the sets with one outcome. A set without an \
                outcome means that both are unusual at this score; how unusual a woman's values are is \
                a distance of its own in the response.",
            explanation: explanation(algorithm),
            limits: LIMITS,
        }
    }
}

fn model(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Logistic => {
            "Logistic regression on the standardised features, with an L2 penalty. Pregnancies, \
             glucose, BMI, pedigree and age can only raise the risk."
        }
        Algorithm::Spline => {
            "Logistic regression on natural cubic splines of the standardised features, with an L2 \
             penalty: a sum of one curve per feature. The curves of pregnancies, glucose, BMI, pedigree \
             and age never fall; every curve is flat beyond the training range."
        }
        Algorithm::Boosted => {
            "Gradient boosted trees of depth two. Pregnancies, glucose, BMI, pedigree and age can \
             only raise the risk."
        }
        Algorithm::Ensemble => {
            "The mean, in log-odds, of a logistic regression on natural cubic splines and of five \
             gradient boosters of depth two that differ in their seed. Pregnancies, glucose, BMI, \
             pedigree and age can only raise the risk."
        }
    }
}

fn explanation(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Logistic => {
            "Exact SHAP values of a linear model against the mean of the training rows. The base value \
             is the mean score of the training rows, which for a linear model is also the score of \
             the mean row. Base value and contributions add up to the log-odds."
        }
        Algorithm::Spline => {
            "Every feature's curve less its mean over the training rows: the exact SHAP values of a \
             sum of curves. The base value is the mean score of the training rows, not the score of a \
             woman with mean values. Base value and contributions add up to the log-odds."
        }
        Algorithm::Boosted => {
            "Exact SHAP values of trees (path dependent, every training row counted once), read from \
             a table of every split pattern. The base value is the mean score of the training rows. \
             Base value and contributions add up to the log-odds. A missing value is used as it is."
        }
        Algorithm::Ensemble => {
            "The mean of the parts' exact contributions. The base value is the mean score of the \
             training rows. Base value and contributions add up to the log-odds. A missing value is \
             the median for the spline's half and used as it is by the trees."
        }
    }
}

fn highest_tenth(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::Spline | Algorithm::Ensemble => {
            "Inside the folds, values count within the training range only, and the search chooses \
             among strong penalties only: weaker ones were overconfident here."
        }
        Algorithm::Logistic | Algorithm::Boosted => {
            "Inside the folds, values count within the training range only."
        }
    }
}
