//! A patient's episodes of illness.

use rand::Rng;
use serde::Serialize;

use super::{baseline::Baseline, scenario::Scenario, target::Target};

/// One episode of a scenario: the ground truth of the simulation. Times are in ms since the start
/// of the simulation; an episode that is under way at the start has a negative onset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Episode {
    /// The scenario.
    pub scenario: Scenario,
    /// Begin of the deterioration, ms since the start.
    pub onset_ms: i64,
    /// Return of every vital to the baseline, ms since the start.
    pub end_ms: i64,
}

/// The episodes of one patient, in chronological order.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Course {
    /// These episodes; none for a patient who stays well.
    Once(Vec<Episode>),
    /// The first episode again and again, one every `period_ms`.
    Repeated { first: Episode, period_ms: i64 },
}

/// Shortest stable period between two episodes of a ward's patient, seconds.
const STABLE_MIN_S: f64 = 7_200.0;
/// Longest stable period between two episodes of a ward's patient, seconds.
const STABLE_MAX_S: f64 = 28_800.0;

impl Course {
    /// The course of a ward's patient. It is already under way, so that a ward that is watched for
    /// only a minute also has ill patients.
    pub(super) fn of_ward(scenario: Option<Scenario>, rng: &mut impl Rng) -> Self {
        // Drawn in every case: the rest of the random stream does not depend on the scenario.
        let stable_s = rng.random_range(STABLE_MIN_S..STABLE_MAX_S);
        let elapsed: f64 = rng.random();
        let Some(scenario) = scenario else { return Self::Once(Vec::new()) };
        let duration_s = scenario.duration_s();
        // Within the first three quarters of the episode, so that the patient is still ill.
        let onset_ms = -ms(elapsed * duration_s * 0.75);
        let first = Episode::new(scenario, onset_ms, ms(duration_s));
        Self::Repeated { first, period_ms: ms(duration_s + stable_s) }
    }

    /// The episode at `since_ms` or the last one before it.
    pub(super) fn latest(&self, since_ms: i64) -> Option<Episode> {
        match self {
            Self::Once(episodes) => {
                let begun = episodes.partition_point(|episode| episode.onset_ms <= since_ms);
                episodes.get(begun.checked_sub(1)?).copied()
            }
            Self::Repeated { first, period_ms } => {
                let rounds = (since_ms - first.onset_ms).div_euclid(*period_ms);
                (rounds >= 0).then(|| first.shifted(rounds.saturating_mul(*period_ms)))
            }
        }
    }

    /// The target at `since_ms` of a patient with this `baseline`.
    pub(super) fn target(&self, since_ms: i64, baseline: &Baseline) -> Target {
        match self.latest(since_ms) {
            Some(episode) if since_ms < episode.end_ms => {
                let minute = episode.scenario_minute(since_ms);
                Target::within(episode.scenario, minute, baseline)
            }
            _ => Target::well(*baseline),
        }
    }

    /// Returns true during an episode.
    pub(super) fn is_ill(&self, since_ms: i64) -> bool {
        self.latest(since_ms).is_some_and(|episode| since_ms < episode.end_ms)
    }

    /// The episodes that begin before `until_ms`.
    pub(super) fn episodes(&self, until_ms: i64) -> Vec<Episode> {
        match self {
            Self::Once(episodes) => {
                episodes.iter().filter(|episode| episode.onset_ms < until_ms).copied().collect()
            }
            Self::Repeated { first, period_ms } => (0..)
                .map(|round: i64| first.shifted(round.saturating_mul(*period_ms)))
                .take_while(|episode| episode.onset_ms < until_ms)
                .collect(),
        }
    }
}

impl Episode {
    /// An episode of `scenario` that lasts `duration_ms`.
    pub(super) const fn new(scenario: Scenario, onset_ms: i64, duration_ms: i64) -> Self {
        Self { scenario, onset_ms, end_ms: onset_ms.saturating_add(duration_ms) }
    }

    const fn shifted(self, by_ms: i64) -> Self {
        Self {
            onset_ms: self.onset_ms.saturating_add(by_ms),
            end_ms: self.end_ms.saturating_add(by_ms),
            ..self
        }
    }

    /// The minute of the scenario at `since_ms`: an episode may take longer or shorter than its
    /// scenario.
    #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
    fn scenario_minute(&self, since_ms: i64) -> f64 {
        let share = (since_ms - self.onset_ms) as f64 / (self.end_ms - self.onset_ms).max(1) as f64;
        share * self.scenario.duration_s() / 60.0
    }
}

/// Seconds in ms.
pub(super) fn ms(seconds: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a simulated time fits in 2^63 ms")]
    let ms = (seconds * 1000.0).round() as i64;
    ms
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::simulate::baseline::ADULT;

    #[test]
    fn a_wards_patient_is_ill_at_the_start_and_again_later() {
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let course = Course::of_ward(Some(Scenario::Sepsis), &mut rng);
        assert!(course.is_ill(0));
        let week = course.episodes(7 * 86_400_000);
        assert!(week.len() >= 10 && week[0].onset_ms <= 0, "{week:?}");
        assert!(week.windows(2).all(|pair| pair[1].onset_ms - pair[0].end_ms >= 7_200_000));
        assert!(!course.is_ill(week[0].end_ms) && course.is_ill(week[1].onset_ms));
    }

    #[test]
    fn a_patient_without_a_scenario_stays_at_the_baseline() {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let course = Course::of_ward(None, &mut rng);
        for hour in 0..48 {
            assert_eq!(course.target(hour * 3_600_000, &ADULT), Target::well(ADULT));
        }
        assert!(course.episodes(i64::MAX).is_empty());
    }

    #[test]
    fn an_episode_may_be_shorter_than_its_scenario() {
        // Hypoxia in a third of its time.
        let course = Course::Once(vec![Episode::new(Scenario::Hypoxia, 600_000, 3_600_000)]);
        assert_eq!(course.target(599_999, &ADULT), Target::well(ADULT));
        let worst = course.target(600_000 + 55 * 20_000, &ADULT);
        assert!((worst.vitals.spo2 - 87.5).abs() < 1e-9, "{worst:?}");
        assert_eq!(course.target(4_200_000, &ADULT), Target::well(ADULT));
    }
}
