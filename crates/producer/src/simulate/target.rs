//! The values that the vitals vary around, at a time within a scenario.

use vitals_core::domain::reading::Consciousness;

use super::{
    baseline::{ADULT, Baseline},
    scenario::Scenario,
    stages::Stage,
};

/// The values that the vitals vary around, and the nurse's last charted observations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Target {
    pub(super) vitals: Baseline,
    pub(super) consciousness: Consciousness,
    pub(super) oxygen: bool,
    /// True with an irregular rhythm.
    pub(super) irregular: bool,
    /// Factor of the noise.
    pub(super) variability: f64,
}

impl Target {
    /// The target of a well patient.
    pub(super) const fn well(baseline: Baseline) -> Self {
        Self {
            vitals: baseline,
            consciousness: Consciousness::A,
            oxygen: false,
            irregular: false,
            variability: 1.0,
        }
    }

    /// The target `minute` minutes into `scenario`, interpolated between two stages.
    pub(super) fn within(scenario: Scenario, minute: f64, baseline: &Baseline) -> Self {
        let stages = scenario.stages();
        let next = stages.iter().position(|stage| stage.minute > minute);
        let Some((before, after)) =
            next.and_then(|next| Some((stages.get(next.checked_sub(1)?)?, stages.get(next)?)))
        else {
            return Self::well(*baseline);
        };
        // Vitals change gradually; charted observations change at the stage.
        let share = (minute - before.minute) / (after.minute - before.minute);
        let from = vitals(before, baseline);
        let to = vitals(after, baseline);
        Self {
            vitals: interpolate(&from, &to, share),
            consciousness: before.consciousness,
            oxygen: before.oxygen,
            irregular: before.irregular,
            variability: lerp(before.variability, after.variability, share),
        }
    }
}

/// The vitals of a stage for a patient with this `baseline`. Stages are written for an adult: the
/// saturation of a COPD patient falls from a lower one, and a child's rates from higher ones.
fn vitals(stage: &Stage, baseline: &Baseline) -> Baseline {
    // Adults at rest breathe at most 20 times a minute.
    let is_child = baseline.respiratory_rate > 20.0;
    let spo2 =
        stage.spo2.map_or(baseline.spo2, |spo2| spo2 + (baseline.spo2 - ADULT.spo2).min(0.0));
    Baseline {
        heart_rate: relative(stage.heart_rate, baseline.heart_rate, ADULT.heart_rate, is_child),
        respiratory_rate: relative(
            stage.respiratory_rate,
            baseline.respiratory_rate,
            ADULT.respiratory_rate,
            is_child,
        ),
        spo2,
        systolic: relative(stage.systolic, baseline.systolic, ADULT.systolic, is_child),
        pulse_pressure: stage.pulse_pressure.unwrap_or(baseline.pulse_pressure),
        temperature: stage.temperature.unwrap_or(baseline.temperature),
    }
}

/// The value of a stage: the patient's `own` without one, and in proportion to it if `is_scaled`.
fn relative(stage: Option<f64>, own: f64, adult: f64, is_scaled: bool) -> f64 {
    match stage {
        None => own,
        Some(value) if is_scaled => value * own / adult,
        Some(value) => value,
    }
}

fn interpolate(from: &Baseline, to: &Baseline, share: f64) -> Baseline {
    Baseline {
        heart_rate: lerp(from.heart_rate, to.heart_rate, share),
        respiratory_rate: lerp(from.respiratory_rate, to.respiratory_rate, share),
        spo2: lerp(from.spo2, to.spo2, share),
        systolic: lerp(from.systolic, to.systolic, share),
        pulse_pressure: lerp(from.pulse_pressure, to.pulse_pressure, share),
        temperature: lerp(from.temperature, to.temperature, share),
    }
}

fn lerp(from: f64, to: f64, share: f64) -> f64 {
    from + (to - from) * share
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(scenario: Scenario, minute: f64) -> Target {
        Target::within(scenario, minute, &ADULT)
    }

    #[test]
    fn haemorrhage_passes_through_the_four_classes() {
        let class = |minute| at(Scenario::Haemorrhage, minute);
        let first = class(20.0).vitals;
        assert!(first.heart_rate < 100.0 && (14.0..=20.0).contains(&first.respiratory_rate));
        let second = class(45.0).vitals;
        assert!((100.0..=120.0).contains(&second.heart_rate));
        assert!((20.0..=30.0).contains(&second.respiratory_rate));
        assert!((second.systolic - ADULT.systolic).abs() < 1e-9, "holds until class III");
        assert!(second.pulse_pressure < ADULT.pulse_pressure - 5.0);
        let third = class(63.0);
        assert!((120.0..=140.0).contains(&third.vitals.heart_rate));
        assert!((30.0..=40.0).contains(&third.vitals.respiratory_rate));
        assert!(third.vitals.systolic < 90.0 && third.consciousness == Consciousness::C);
        let fourth = class(90.0);
        assert!(fourth.vitals.heart_rate > 140.0 && fourth.vitals.respiratory_rate > 35.0);
        assert_ne!(fourth.consciousness, Consciousness::A);
    }

    #[test]
    fn targets_are_interpolated_and_end_at_the_baseline() {
        assert!((at(Scenario::Hypoxia, 35.0).vitals.spo2 - 88.0).abs() < 1e-9);
        assert_eq!(at(Scenario::Hypoxia, 180.0), Target::well(ADULT));
        assert_eq!(at(Scenario::Hypoxia, 1e9), Target::well(ADULT));
        assert_eq!(at(Scenario::Hypoxia, -1.0), Target::well(ADULT));
    }

    #[test]
    fn atrial_fibrillation_is_fast_and_irregular_within_a_minute() {
        assert!(!at(Scenario::AtrialFibrillation, 0.5).irregular);
        let target = at(Scenario::AtrialFibrillation, 1.0);
        assert!(target.irregular && target.vitals.heart_rate > 130.0);
    }

    #[test]
    fn a_copd_patient_deteriorates_from_a_lower_saturation() {
        let copd = Baseline { spo2: 90.2, ..ADULT };
        let target = Target::within(Scenario::Hypoxia, 55.0, &copd);
        assert!((target.vitals.spo2 - 80.3).abs() < 1e-9, "{target:?}");
    }
}
