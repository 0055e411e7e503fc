//! The two strongest contributions of measured values as a sentence.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Features};

use crate::pipeline::Prediction;

/// Contribution, in log-odds, below which no probability changes by a tenth of a per cent.
const NEGLIGIBLE: f64 = 0.004;

/// A sentence about the two measured values with the strongest effect on a person's score, in either
/// direction, such as "A body mass index of 43.1 kg/m² and an age of 33 years raise the risk the most".
/// A second one names the values that were not measured: they are never a reason.
#[must_use]
pub fn sentence(features: &Features, prediction: &Prediction) -> String {
    let mut text = measured(features, prediction);
    let missing: Vec<&str> = features.not_measured().map(|feature| noun(feature).1).collect();
    if let [others @ .., last] = missing.as_slice() {
        let verb = if others.is_empty() { "was" } else { "were" };
        let and = if others.is_empty() { "" } else { " and " };
        let list = format!("{}{and}{last} {verb} not measured.", others.join(", "));
        text.push(' ');
        text.push_str(&capitalise(&list));
    }
    text
}

/// The sentence about the measured values.
fn measured(features: &Features, prediction: &Prediction) -> String {
    // Two values are as many as a reader keeps in mind; the chart shows all.
    let [(a, first), (b, second)] = strongest(features, &prediction.contributions);
    if first.abs() < NEGLIGIBLE {
        return "No measured value moves this score away from the average of the training data."
            .to_owned();
    }
    let [a, b] = [a, b].map(|j| describe(j, features, prediction));
    // One value alone, two in the same direction, or two in opposite directions.
    let text = if second.abs() < NEGLIGIBLE {
        format!("{a} {}s the risk, and no other measured value moves it", verb(first))
    } else if (first > 0.0) == (second > 0.0) {
        format!("{a} and {b} {} the risk the most", verb(first))
    } else {
        format!("{a} {}s the risk the most, while {b} {}s it", verb(first), verb(second))
    };
    format!("{}, against the average of the training data.", capitalise(&text))
}

fn verb(contribution: f64) -> &'static str {
    if contribution > 0.0 { "raise" } else { "lower" }
}

/// The positions and contributions of the two largest absolute contributions of measured values; of
/// equals the first.
fn strongest(features: &Features, contributions: &[f64; FEATURE_COUNT]) -> [(usize, f64); 2] {
    // A value that was not measured counts as without effect.
    let mut order: [(usize, f64); FEATURE_COUNT] = std::array::from_fn(|j| {
        (j, if features.values()[j].is_nan() { 0.0 } else { contributions[j] })
    });
    order.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    [order[0], order[1]]
}

/// Describes a value with article, name and unit, and the value used if that is another.
fn describe(j: usize, features: &Features, prediction: &Prediction) -> String {
    let value = features.values()[j];
    let used = prediction.used[j];
    let described = describe_value(j, value);
    if (used - value).abs() > f64::EPSILON {
        format!("{described}, counted as {used},")
    } else {
        described
    }
}

fn describe_value(j: usize, value: f64) -> String {
    let (article, name) = noun(FEATURES[j].name);
    match (FEATURES[j].name, FEATURES[j].unit) {
        // A count of events needs a verb of its own.
        ("pregnancies", _) => {
            let plural = if (value - 1.0).abs() < f64::EPSILON { "y" } else { "ies" };
            format!("having had {value} pregnanc{plural}")
        }
        (_, "") => format!("{article} {name} of {value}"),
        (_, unit) => format!("{article} {name} of {value} {unit}"),
    }
}

/// The article and noun of a feature.
fn noun(feature: &'static str) -> (&'static str, &'static str) {
    match feature {
        "glucose" => ("a", "2-hour glucose"),
        "blood_pressure" => ("a", "diastolic blood pressure"),
        "skin_thickness" => ("a", "skin fold"),
        "insulin" => ("a", "2-hour insulin"),
        "bmi" => ("a", "body mass index"),
        "diabetes_pedigree_function" => ("a", "diabetes pedigree score"),
        "age" => ("an", "age"),
        other => ("a", other),
    }
}

fn capitalise(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::warnings::Warnings;

    fn check(raw: [f64; 8], contributions: [f64; 8], expected: &str) {
        let features = Features::from_raw(raw).unwrap();
        let prediction = Prediction {
            log_odds: 0.0,
            probability: 0.5,
            base_value: 0.0,
            used: raw,
            warnings: Warnings::default(),
            contributions,
        };
        assert_eq!(sentence(&features, &prediction), expected);
    }

    const PERSON: [f64; 8] = [1.0, 137.0, 40.0, 35.0, 168.0, 43.1, 2.288, 33.0];

    #[test]
    fn the_two_strongest_values_are_described_with_unit_and_direction() {
        for (contributions, expected) in [
            (
                [0.1, 0.2, 0.0, 0.0, 0.0, 0.8, 0.7, 0.0],
                "A body mass index of 43.1 kg/m\u{b2} and a diabetes pedigree score of 2.288 raise \
                 the risk the most, against the average of the training data.",
            ),
            (
                [0.1, 0.2, 0.0, 0.0, 0.0, -0.8, 0.0, -0.9],
                "An age of 33 years and a body mass index of 43.1 kg/m\u{b2} lower the risk the \
                 most, against the average of the training data.",
            ),
            (
                [-0.5, 0.9, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0],
                "A 2-hour glucose of 137 mg/dL raises the risk the most, while having had 1 \
                 pregnancy lowers it, against the average of the training data.",
            ),
            (
                [0.0, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0],
                "A 2-hour insulin of 168 \u{b5}U/mL raises the risk, and no other measured value \
                 moves it, against the average of the training data.",
            ),
            (
                [0.0; 8],
                "No measured value moves this score away from the average of the training data.",
            ),
        ] {
            check(PERSON, contributions, expected);
        }
    }

    #[test]
    fn a_value_that_was_not_measured_is_never_a_reason() {
        let mut person = PERSON;
        person[3] = 0.0;
        check(
            person,
            [0.0, -0.2, 0.0, 0.9, 0.0, 0.1, 0.0, 0.0],
            "A 2-hour glucose of 137 mg/dL lowers the risk the most, while a body mass index of 43.1 \
             kg/m\u{b2} raises it, against the average of the training data. Skin fold was not \
             measured.",
        );
        person[1..6].fill(0.0);
        check(
            person,
            [0.0, 2.0, -0.4, 0.9, 0.3, 0.1, 0.0, 0.0],
            "No measured value moves this score away from the average of the training data. 2-hour \
             glucose, diastolic blood pressure, skin fold, 2-hour insulin and body mass index were \
             not measured.",
        );
    }

    #[test]
    fn a_value_outside_of_the_training_range_is_given_as_used() {
        let features = Features::from_raw(PERSON).unwrap();
        let mut used = PERSON;
        used[4] = 100.0;
        let contributions = [0.0, 0.0, 0.0, 0.0, -0.3, 0.0, 0.0, 0.0];
        let prediction = Prediction {
            log_odds: 0.0,
            probability: 0.5,
            base_value: 0.0,
            used,
            warnings: Warnings::default(),
            contributions,
        };
        let text = sentence(&features, &prediction);
        assert!(
            text.starts_with("A 2-hour insulin of 168 \u{b5}U/mL, counted as 100, lowers"),
            "{text}"
        );
    }
}
