//! The conditions that a candidate has to meet.

use vitals_core::runtime::config::GateSettings;

use super::assessment::Assessment;

/// A condition and its outcome.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Gate {
    /// The condition, with its limit.
    pub(super) condition: String,
    /// The candidate's figure.
    pub(super) value: f64,
    pub(super) passed: bool,
}

/// Judges a candidate on one set of data, alone and against the active version. A figure that is not
/// a number passes no gate.
pub(super) fn judge(
    limits: &GateSettings,
    candidate: &Assessment,
    champion: Option<&Assessment>,
) -> Vec<Gate> {
    let mut gates = vec![
        at_least("ROC AUC", candidate.roc_auc.value, limits.min_roc_auc),
        at_most("Brier score", candidate.brier.value, limits.max_brier),
        at_most("calibration error", candidate.calibration_error, limits.max_calibration_error),
    ];
    if let Some((group, roc_auc)) = &candidate.worst_group {
        let name = format!("ROC AUC of the worst group ({group})");
        gates.push(at_least(&name, *roc_auc, limits.min_group_roc_auc));
    }
    if let Some(champion) = champion {
        let roc_auc = champion.roc_auc.value - limits.max_roc_auc_loss;
        gates.push(at_least(
            "ROC AUC, compared with the active version",
            candidate.roc_auc.value,
            roc_auc,
        ));
        let brier = champion.brier.value + limits.max_brier_increase;
        gates.push(at_most(
            "Brier score, compared with the active version",
            candidate.brier.value,
            brier,
        ));
    }
    gates
}

fn at_least(name: &str, value: f64, limit: f64) -> Gate {
    Gate { condition: format!("{name} at least {limit:.4}"), value, passed: value >= limit }
}

fn at_most(name: &str, value: f64, limit: f64) -> Gate {
    Gate { condition: format!("{name} at most {limit:.4}"), value, passed: value <= limit }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Interval;

    fn assessment(roc_auc: f64, brier: f64, calibration_error: f64, group: f64) -> Assessment {
        let interval = |value| Interval { value, low: value - 0.03, high: value + 0.03 };
        Assessment {
            roc_auc: interval(roc_auc),
            brier: interval(brier),
            calibration_error,
            worst_group: Some(("age 50 or more".to_owned(), group)),
        }
    }

    /// The conditions that a candidate fails, by their first word.
    fn failed(candidate: &Assessment, champion: Option<&Assessment>) -> Vec<String> {
        let gates = judge(&GateSettings::default(), candidate, champion);
        gates.into_iter().filter(|gate| !gate.passed).map(|gate| gate.condition).collect()
    }

    #[test]
    fn every_figure_has_a_gate() {
        let good = assessment(0.84, 0.153, 0.038, 0.75);
        assert_eq!(failed(&good, Some(&good)), [""; 0]);
        for (candidate, expected) in [
            (assessment(0.79, 0.153, 0.038, 0.75), "ROC AUC at least 0.8000"),
            (assessment(0.84, 0.2, 0.038, 0.75), "Brier score at most 0.1800"),
            (assessment(0.84, 0.153, 0.09, 0.75), "calibration error at most 0.0800"),
            (
                assessment(0.84, 0.153, 0.038, 0.6),
                "ROC AUC of the worst group (age 50 or more) at least 0.6500",
            ),
            (assessment(f64::NAN, 0.153, 0.038, 0.75), "ROC AUC at least 0.8000"),
        ] {
            assert_eq!(failed(&candidate, None), [expected]);
        }
    }

    #[test]
    fn a_candidate_must_not_be_worse_than_the_active_version() {
        let champion = assessment(0.84, 0.153, 0.038, 0.75);
        for (roc_auc, brier, expected) in [
            (0.831, 0.157, None),
            (0.829, 0.157, Some("ROC AUC, compared with the active version at least 0.8300")),
            (0.84, 0.159, Some("Brier score, compared with the active version at most 0.1580")),
        ] {
            let candidate = assessment(roc_auc, brier, 0.038, 0.75);
            let failed = failed(&candidate, Some(&champion));
            assert_eq!(failed.first().map(String::as_str), expected);
        }
    }
}
