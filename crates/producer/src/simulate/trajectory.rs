//! Where a patient's vitals tend to at a moment.

use rand::Rng;
use vitals_core::domain::reading::Consciousness;

use super::{
    baseline::Baseline,
    scenario::{Scenario, Stage},
};

/// What the vitals tend to, and what a nurse charted last.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Target {
    pub(super) vitals: Baseline,
    pub(super) consciousness: Consciousness,
    pub(super) oxygen: bool,
}

/// A target at a time since the scenario began, seconds.
#[derive(Debug, Clone, Copy)]
struct Point {
    at_s: f64,
    target: Target,
}

/// Calm and a scenario in turn, over and over.
#[derive(Debug)]
pub(super) struct Trajectory {
    calm: Target,
    points: Vec<Point>,
    calm_s: f64,
    cycle_s: f64,
    /// Where in the cycle the simulation begins, seconds.
    offset_s: f64,
}

/// Shortest and longest time between two episodes, seconds.
const CALM_S: (f64, f64) = (600.0, 3600.0);

impl Trajectory {
    /// A course of `scenario`, which has been under way for some time: a ward that is looked at
    /// for a minute has ill patients, too.
    pub(super) fn new(baseline: Baseline, scenario: Option<Scenario>, rng: &mut impl Rng) -> Self {
        let calm = Target { vitals: baseline, consciousness: Consciousness::A, oxygen: false };
        let stages = scenario.map_or(&[][..], Scenario::stages);
        let points: Vec<_> = stages.iter().map(|stage| point(stage, &baseline)).collect();
        let calm_s = rng.random_range(CALM_S.0..CALM_S.1);
        let cycle_s = calm_s + points.last().map_or(0.0, |point| point.at_s);
        let offset_s = rng.random_range(calm_s..=cycle_s - (cycle_s - calm_s) / 4.0);
        Self { calm, points, calm_s, cycle_s, offset_s }
    }

    /// The target `since_s` seconds after the start.
    pub(super) fn target(&self, since_s: f64) -> Target {
        if self.points.is_empty() {
            return self.calm;
        }
        let episode_s = (since_s + self.offset_s) % self.cycle_s - self.calm_s;
        if episode_s < 0.0 { self.calm } else { self.at(episode_s) }
    }

    /// The target `episode_s` seconds into the scenario.
    fn at(&self, episode_s: f64) -> Target {
        let next = self.points.iter().position(|point| point.at_s > episode_s);
        let Some([before, after]) = next
            .and_then(|next| self.points.get(next.checked_sub(1)?..=next))
            .and_then(|pair| <&[Point; 2]>::try_from(pair).ok())
        else {
            return self.calm;
        };
        let share = (episode_s - before.at_s) / (after.at_s - before.at_s);
        Target {
            vitals: between(&before.target.vitals, &after.target.vitals, share),
            ..before.target
        }
    }
}

fn point(stage: &Stage, baseline: &Baseline) -> Point {
    let vitals = Baseline {
        heart_rate: stage.heart_rate.unwrap_or(baseline.heart_rate),
        respiratory_rate: stage.respiratory_rate.unwrap_or(baseline.respiratory_rate),
        spo2: stage.spo2.unwrap_or(baseline.spo2),
        systolic: stage.systolic.unwrap_or(baseline.systolic),
        pulse_pressure: stage.pulse_pressure.unwrap_or(baseline.pulse_pressure),
        temperature: stage.temperature.unwrap_or(baseline.temperature),
    };
    let target = Target { vitals, consciousness: stage.consciousness, oxygen: stage.oxygen };
    Point { at_s: stage.minute * 60.0, target }
}

fn between(a: &Baseline, b: &Baseline, share: f64) -> Baseline {
    let mix = |a: f64, b: f64| a + (b - a) * share;
    Baseline {
        heart_rate: mix(a.heart_rate, b.heart_rate),
        respiratory_rate: mix(a.respiratory_rate, b.respiratory_rate),
        spo2: mix(a.spo2, b.spo2),
        systolic: mix(a.systolic, b.systolic),
        pulse_pressure: mix(a.pulse_pressure, b.pulse_pressure),
        temperature: mix(a.temperature, b.temperature),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn trajectory(scenario: Scenario) -> (Baseline, Trajectory) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let baseline = Baseline::draw(&mut rng);
        (baseline, Trajectory::new(baseline, Some(scenario), &mut rng))
    }

    #[test]
    fn haemorrhage_goes_through_the_four_classes() {
        let (baseline, trajectory) = trajectory(Scenario::Haemorrhage);
        let class = |minute: f64| trajectory.at(minute * 60.0);
        let first = class(15.0).vitals;
        assert!(first.heart_rate < 100.0 && (14.0..=20.0).contains(&first.respiratory_rate));
        let second = class(35.0).vitals;
        assert!((100.0..=120.0).contains(&second.heart_rate));
        assert!((20.0..=30.0).contains(&second.respiratory_rate));
        assert!((second.systolic - baseline.systolic).abs() < 1e-9, "pressure holds until III");
        assert!(second.pulse_pressure < baseline.pulse_pressure - 5.0);
        let third = class(55.0);
        assert!((120.0..=140.0).contains(&third.vitals.heart_rate));
        assert!((30.0..=40.0).contains(&third.vitals.respiratory_rate));
        assert!(third.vitals.systolic < 90.0 && third.consciousness == Consciousness::C);
        let fourth = class(70.0);
        assert!(fourth.vitals.heart_rate > 140.0 && fourth.vitals.respiratory_rate > 35.0);
        assert_ne!(fourth.consciousness, Consciousness::A);
    }

    #[test]
    fn targets_are_between_their_points_and_end_at_the_baseline() {
        let (baseline, trajectory) = trajectory(Scenario::Hypoxia);
        assert!((trajectory.at(30.0 * 60.0).vitals.spo2 - 89.5).abs() < 1e-9);
        assert_eq!(trajectory.at(180.0 * 60.0).vitals, baseline);
        assert_eq!(trajectory.at(1e9).vitals, baseline);
        let cycle = trajectory.target(5.0);
        let later = trajectory.target(5.0 + trajectory.cycle_s);
        assert!((cycle.vitals.spo2 - later.vitals.spo2).abs() < 1e-6, "it comes again");
    }

    #[test]
    fn stages_are_in_the_order_of_time() {
        for index in 0..10 {
            let Some(scenario) = Scenario::of_patient(index) else { continue };
            let stages = scenario.stages();
            assert!(stages.windows(2).all(|pair| pair[0].minute < pair[1].minute), "{scenario:?}");
            assert_eq!(stages[0].minute, 0.0);
        }
    }

    #[test]
    fn who_is_well_stays_well() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let baseline = Baseline::draw(&mut rng);
        let trajectory = Trajectory::new(baseline, None, &mut rng);
        for hour in 0..48 {
            assert_eq!(trajectory.target(f64::from(hour) * 3600.0).vitals, baseline);
        }
    }
}
