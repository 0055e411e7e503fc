//! The states of one patient on `patient-status`: the last one, and the changes since.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use vitals_core::domain::news2::Band;

/// The part of the score whose change is published at once: total, sum of the known parts, band, and
/// the band that is displayed.
pub(super) type ScoreKey = (Option<u8>, u8, Option<Band>, Option<Band>);

/// The last state that was published, and the changes since.
#[derive(Debug)]
pub(super) struct Publication {
    /// The last state: its score, and the last arrival, ms since the epoch.
    last: Option<(ScoreKey, i64)>,
    /// First reading since that state.
    first_unpublished: Option<i64>,
    /// An alarm or the context has changed since that state.
    changed: bool,
    /// The number of the last alert that was sent; 0 without one.
    last_alert: u64,
    /// This instance has published a state. The first one sets the time of those that follow.
    has_phase: bool,
}

impl Publication {
    /// `last` is the state of an earlier owner, if the patient has one.
    pub(super) const fn new(last: Option<(ScoreKey, i64)>) -> Self {
        Self { last, first_unpublished: None, changed: true, last_alert: 0, has_phase: false }
    }

    /// Continues in another partition, whose offsets are others.
    pub(super) const fn move_to_partition(&mut self) {
        self.first_unpublished = None;
        self.changed = true;
    }

    /// Notes that the reading at `offset` was judged.
    pub(super) fn note_reading(&mut self, offset: i64) {
        self.first_unpublished.get_or_insert(offset);
    }

    /// Notes that an alarm or the context has changed.
    pub(super) const fn set_changed(&mut self) {
        self.changed = true;
    }

    /// Returns true if an alarm or the context has changed since the last state.
    pub(super) const fn has_changed(&self) -> bool {
        self.changed
    }

    /// Notes that alert `number` was sent.
    pub(super) const fn note_alert(&mut self, number: u64) {
        self.last_alert = number;
    }

    /// The number of the last alert that was sent; 0 without one.
    pub(super) const fn last_alert(&self) -> u64 {
        self.last_alert
    }

    /// The first reading that no published state includes.
    pub(super) const fn first_unpublished(&self) -> Option<i64> {
        self.first_unpublished
    }

    /// Returns true if a state with `score` and `last_arrival_ms` has to be published: the score or an
    /// alarm has changed, or the last state is `interval_ms` older than the last reading.
    pub(super) fn is_due(&self, score: ScoreKey, last_arrival_ms: i64, interval_ms: i64) -> bool {
        let Some((published, published_ms)) = self.last else { return true };
        let age_ms = last_arrival_ms.saturating_sub(published_ms);
        self.changed || age_ms >= interval_ms || published != score
    }

    /// Notes that the state of patient `id` was published, which happens at least every `interval_ms`.
    /// The first one counts as older, by a part of the interval that depends on the patient: otherwise
    /// the states of all who came at the same time would be due at the same time for ever.
    pub(super) fn set_published(
        &mut self,
        id: &str,
        score: ScoreKey,
        last_arrival_ms: i64,
        interval_ms: i64,
    ) {
        let phase_ms = if self.has_phase { 0 } else { phase_ms(id, interval_ms) };
        self.last = Some((score, last_arrival_ms.saturating_sub(phase_ms)));
        self.first_unpublished = None;
        self.changed = false;
        self.has_phase = true;
    }
}

/// The part of an interval of `interval_ms` that belongs to patient `id`, ms.
fn phase_ms(id: &str, interval_ms: i64) -> i64 {
    let mut hasher = DefaultHasher::new();
    id.hash(&mut hasher);
    let interval = u64::try_from(interval_ms).unwrap_or_default().max(1);
    i64::try_from(hasher.finish() % interval).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL_MS: i64 = 30_000;
    const SCORE: ScoreKey = (Some(3), 3, Some(Band::Low), Some(Band::Low));

    #[test]
    fn a_state_is_due_after_a_change_and_after_the_interval() {
        let mut publication = Publication::new(Some((SCORE, 0)));
        assert!(publication.is_due(SCORE, 0, INTERVAL_MS), "under the new assignment");
        publication.set_published("p", SCORE, 0, INTERVAL_MS);
        publication.set_published("p", SCORE, 1_000, INTERVAL_MS);
        publication.note_reading(7);
        publication.note_reading(8);
        assert_eq!(publication.first_unpublished(), Some(7));
        assert!(!publication.is_due(SCORE, 30_999, INTERVAL_MS));
        assert!(publication.is_due(SCORE, 31_000, INTERVAL_MS));
        let other = (Some(4), 4, Some(Band::Low), Some(Band::Low));
        assert!(publication.is_due(other, 2_000, INTERVAL_MS));
        publication.set_changed();
        assert!(publication.is_due(SCORE, 2_000, INTERVAL_MS));
        publication.set_published("p", SCORE, 2_000, INTERVAL_MS);
        assert_eq!(publication.first_unpublished(), None);
        assert!(!publication.is_due(SCORE, 2_000, INTERVAL_MS));
    }

    #[test]
    fn the_states_of_a_ward_are_spread_over_the_interval() {
        // One reading a second of each patient.
        let mut published = vec![0; 120];
        for index in 0..300 {
            let id = format!("p-{index}");
            let mut publication = Publication::new(None);
            let mut last = 0;
            for (second, count) in (0..).zip(&mut published) {
                let at_ms = second * 1_000;
                if publication.is_due(SCORE, at_ms, INTERVAL_MS) {
                    publication.set_published(&id, SCORE, at_ms, INTERVAL_MS);
                    *count += 1;
                    assert!(second - last <= 30, "{id}: {second} {last}");
                    last = second;
                }
            }
        }
        // All at once only in the beginning, then about ten in every second.
        assert_eq!(published[0], 300);
        let most = published[1..].iter().max().unwrap();
        assert!(*most <= 40, "{published:?}");
    }
}
