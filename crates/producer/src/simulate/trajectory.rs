//! A patient's target vitals over time.

use rand::Rng;
use vitals_core::domain::reading::Consciousness;

use super::{
    baseline::Baseline,
    scenario::{Scenario, Stage},
};

/// The values that the vitals vary around, and the nurse's last charted observations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Target {
    pub(super) vitals: Baseline,
    pub(super) consciousness: Consciousness,
    pub(super) oxygen: bool,
}

/// A target at a time since the start of the scenario.
#[derive(Debug, Clone, Copy)]
struct Waypoint {
    at_s: f64,
    target: Target,
}

/// A stable period and an episode of the scenario, repeated forever.
#[derive(Debug)]
pub(super) struct Trajectory {
    stable: Target,
    /// The episode; empty for a patient who stays well.
    waypoints: Vec<Waypoint>,
    stable_s: f64,
    cycle_s: f64,
    /// Position in the cycle at the start of the simulation, seconds.
    offset_s: f64,
}

/// Shortest stable period between two episodes, seconds.
const STABLE_MIN_S: f64 = 600.0;
/// Longest stable period between two episodes, seconds.
const STABLE_MAX_S: f64 = 3600.0;

impl Trajectory {
    /// A trajectory through `scenario` that is already under way, so that a ward that is watched
    /// for only a minute also has ill patients.
    pub(super) fn new(baseline: Baseline, scenario: Option<Scenario>, rng: &mut impl Rng) -> Self {
        let stable = Target { vitals: baseline, consciousness: Consciousness::A, oxygen: false };
        let stages = scenario.map_or(&[][..], Scenario::stages);
        let waypoints: Vec<_> = stages.iter().map(|stage| waypoint(stage, &baseline)).collect();
        let stable_s = rng.random_range(STABLE_MIN_S..STABLE_MAX_S);
        let cycle_s = stable_s + waypoints.last().map_or(0.0, |last| last.at_s);
        // Within the first three quarters of the episode, so that the patient is still ill.
        let offset_s = rng.random_range(stable_s..=cycle_s - (cycle_s - stable_s) / 4.0);
        Self { stable, waypoints, stable_s, cycle_s, offset_s }
    }

    /// The target `since_s` seconds after the start of the simulation.
    pub(super) fn target(&self, since_s: f64) -> Target {
        if self.waypoints.is_empty() {
            return self.stable;
        }
        let episode_s = (since_s + self.offset_s) % self.cycle_s - self.stable_s;
        if episode_s < 0.0 { self.stable } else { self.at(episode_s) }
    }

    /// The target `episode_s` seconds into the scenario, interpolated between two waypoints.
    fn at(&self, episode_s: f64) -> Target {
        let next = self.waypoints.iter().position(|waypoint| waypoint.at_s > episode_s);
        let Some([before, after]) = next
            .and_then(|next| self.waypoints.get(next.checked_sub(1)?..=next))
            .and_then(|pair| <&[Waypoint; 2]>::try_from(pair).ok())
        else {
            return self.stable;
        };
        // Vitals change gradually; charted observations change at the waypoint.
        let share = (episode_s - before.at_s) / (after.at_s - before.at_s);
        Target {
            vitals: interpolate(&before.target.vitals, &after.target.vitals, share),
            ..before.target
        }
    }
}

fn waypoint(stage: &Stage, baseline: &Baseline) -> Waypoint {
    let vitals = Baseline {
        heart_rate: stage.heart_rate.unwrap_or(baseline.heart_rate),
        respiratory_rate: stage.respiratory_rate.unwrap_or(baseline.respiratory_rate),
        spo2: stage.spo2.unwrap_or(baseline.spo2),
        systolic: stage.systolic.unwrap_or(baseline.systolic),
        pulse_pressure: stage.pulse_pressure.unwrap_or(baseline.pulse_pressure),
        temperature: stage.temperature.unwrap_or(baseline.temperature),
    };
    let target = Target { vitals, consciousness: stage.consciousness, oxygen: stage.oxygen };
    Waypoint { at_s: stage.minute * 60.0, target }
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
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn trajectory(scenario: Scenario) -> (Baseline, Trajectory) {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let baseline = Baseline::draw(&mut rng);
        (baseline, Trajectory::new(baseline, Some(scenario), &mut rng))
    }

    #[test]
    fn haemorrhage_passes_through_the_four_classes() {
        let (baseline, trajectory) = trajectory(Scenario::Haemorrhage);
        let class = |minute: f64| trajectory.at(minute * 60.0);
        let first = class(15.0).vitals;
        assert!(first.heart_rate < 100.0 && (14.0..=20.0).contains(&first.respiratory_rate));
        let second = class(35.0).vitals;
        assert!((100.0..=120.0).contains(&second.heart_rate));
        assert!((20.0..=30.0).contains(&second.respiratory_rate));
        assert!(
            (second.systolic - baseline.systolic).abs() < 1e-9,
            "pressure holds until class III"
        );
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
    fn targets_are_interpolated_and_end_at_the_baseline() {
        let (baseline, trajectory) = trajectory(Scenario::Hypoxia);
        assert!((trajectory.at(30.0 * 60.0).vitals.spo2 - 89.5).abs() < 1e-9);
        assert_eq!(trajectory.at(180.0 * 60.0).vitals, baseline);
        assert_eq!(trajectory.at(1e9).vitals, baseline);
        let cycle = trajectory.target(5.0);
        let later = trajectory.target(5.0 + trajectory.cycle_s);
        assert!((cycle.vitals.spo2 - later.vitals.spo2).abs() < 1e-6, "the episode repeats");
    }

    #[test]
    fn stages_are_in_chronological_order() {
        for index in 0..10 {
            let Some(scenario) = Scenario::of_patient(index) else { continue };
            let stages = scenario.stages();
            assert!(stages.windows(2).all(|pair| pair[0].minute < pair[1].minute), "{scenario:?}");
            assert_eq!(stages[0].minute, 0.0);
        }
    }

    #[test]
    fn a_patient_without_a_scenario_stays_at_the_baseline() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let baseline = Baseline::draw(&mut rng);
        let trajectory = Trajectory::new(baseline, None, &mut rng);
        for hour in 0..48 {
            assert_eq!(trajectory.target(f64::from(hour) * 3600.0).vitals, baseline);
        }
    }
}
