//! The two strongest contributions as a sentence.

use vitals_core::domain::features::{FEATURE_COUNT, FEATURES, Features};

use crate::pipeline::Prediction;

/// Contribution, in log-odds, below which no probability changes by a tenth of a per cent.
const NEGLIGIBLE: f64 = 0.004;

/// A sentence about the two values with the strongest effect on a person's score, in either
/// direction, such as "A body mass index of 43.1 kg/m² and an age of 33 years raise the risk the most".
#[must_use]
pub fn sentence(features: &Features, prediction: &Prediction) -> String {
    let strongest = strongest(&prediction.contributions);
    let [first, second] = strongest.map(|j| prediction.contributions[j]);
    let [a, b] = strongest.map(|j| describe(j, features));
    if first.abs() < NEGLIGIBLE {
        return "Nothing moves this score away from the average of the training data.".to_owned();
    }
    // One value alone, two in the same direction, or two in opposite directions.
    let text = if second.abs() < NEGLIGIBLE {
        format!("{a} {}s the risk, and nothing else moves it", verb(first))
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

/// The positions of the two largest absolute contributions; of equals the first.
fn strongest(contributions: &[f64; FEATURE_COUNT]) -> [usize; 2] {
    let mut order: [usize; FEATURE_COUNT] = std::array::from_fn(|j| j);
    order.sort_by(|a, b| contributions[*b].abs().total_cmp(&contributions[*a].abs()));
    [order[0], order[1]]
}

/// Describes a value with article, name and unit.
fn describe(j: usize, features: &Features) -> String {
    let value = features.values()[j];
    let (article, name) = noun(FEATURES[j].name);
    if value.is_nan() {
        return format!("{article} {name} that was not measured");
    }
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

    fn check(raw: [f64; 8], contributions: [f64; 8], expected: &str) {
        let features = Features::from_raw(raw).unwrap();
        let prediction = Prediction {
            log_odds: 0.0,
            probability: 0.5,
            base_value: 0.0,
            used: raw,
            contributions,
        };
        let text = sentence(&features, &prediction);
        let end = if expected.starts_with("Nothing") {
            ""
        } else {
            ", against the average of the training data."
        };
        assert_eq!(text, format!("{expected}{end}"));
    }

    #[test]
    fn the_two_strongest_values_are_described_with_unit_and_direction() {
        let person = [1.0, 137.0, 40.0, 0.0, 168.0, 43.1, 2.288, 33.0];
        check(
            person,
            [0.1, 0.2, 0.0, 0.0, 0.0, 0.8, 0.7, 0.0],
            "A body mass index of 43.1 kg/m\u{b2} and a diabetes pedigree score of 2.288 raise \
             the risk the most",
        );
        check(
            person,
            [0.1, 0.2, 0.0, 0.0, 0.0, -0.8, 0.0, -0.9],
            "An age of 33 years and a body mass index of 43.1 kg/m\u{b2} lower the risk the most",
        );
        check(
            person,
            [-0.5, 0.9, 0.0, 0.0, 0.0, 0.1, 0.0, 0.0],
            "A 2-hour glucose of 137 mg/dL raises the risk the most, while having had 1 pregnancy \
             lowers it",
        );
        check(
            person,
            [0.0, -0.9, 0.0, 0.3, 0.0, 0.1, 0.0, 0.0],
            "A 2-hour glucose of 137 mg/dL lowers the risk the most, while a skin fold that was \
             not measured raises it",
        );
        check(
            person,
            [0.0, 0.0, 0.0, 0.0, 0.3, 0.0, 0.0, 0.0],
            "A 2-hour insulin of 168 \u{b5}U/mL raises the risk, and nothing else moves it",
        );
        check(
            person,
            [0.0; 8],
            "Nothing moves this score away from the average of the training data.",
        );
    }
}
