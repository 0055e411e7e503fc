//! Patients who wait for the state of another partition's watch, with their readings meanwhile.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{held_reading::HeldReading, received::Received};

/// Time after which a patient whose state can't be read is watched without it: an alarm must not wait
/// for longer.
const STATE_WAIT: Duration = Duration::from_secs(10);

/// Maximum bytes of the readings that are held back. Beyond it, nobody waits any longer.
const MAX_BYTES: usize = 16 << 20;

/// A patient who waits.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    has_failed: bool,
    readings: Vec<HeldReading>,
}

/// The patients who wait. No offset is committed meanwhile: a later owner has to find the readings
/// that are held back.
#[derive(Debug, Default)]
pub(super) struct Newcomers {
    waiting: BTreeMap<String, Waiting>,
    bytes: usize,
    /// Patients who are watched, and whose former states are still requested.
    late: BTreeMap<String, Late>,
}

/// The requests for former states of a patient.
#[derive(Debug, Default)]
struct Late {
    requests: usize,
    has_failed: bool,
}

impl Newcomers {
    /// Returns true if readings are held back.
    pub(super) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Returns true if patient `id` waits.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.waiting.contains_key(id)
    }

    /// Holds a reading of `partition` back. The first one of a patient starts the wait.
    pub(super) fn hold(&mut self, partition: i32, received: &Received<'_>, now: Instant) {
        self.bytes += received.payload.len();
        let id = received.patient_id().to_owned();
        let waiting = self.waiting.entry(id).or_insert_with(|| Waiting {
            since: now,
            has_failed: false,
            readings: Vec::new(),
        });
        waiting.readings.push(HeldReading::new(partition, received));
    }

    /// Notes that the state of patient `id` could not be read. The request is repeated.
    pub(super) fn fail(&mut self, id: &str) {
        if let Some(waiting) = self.waiting.get_mut(id) {
            waiting.has_failed = true;
        }
        if let Some(late) = self.late.get_mut(id) {
            late.has_failed = true;
        }
    }

    /// Ends the wait of patient `id`. Returns the readings, oldest first; none if the patient does
    /// not wait.
    pub(super) fn take(&mut self, id: &str) -> Vec<HeldReading> {
        let readings = self.waiting.remove(id).map(|it| it.readings).unwrap_or_default();
        self.bytes -= bytes(&readings);
        readings
    }

    /// The patients who can't wait any longer. Their states are late.
    pub(super) fn give_up_waiting(&mut self, now: Instant) -> Vec<String> {
        let is_full = self.bytes > MAX_BYTES;
        let patients = self.waiting.iter();
        let overdue = patients.filter(|(_, waiting)| {
            let waited = now.saturating_duration_since(waiting.since);
            is_full || (waiting.has_failed && waited >= STATE_WAIT)
        });
        let overdue: Vec<String> = overdue.map(|(id, _)| id.clone()).collect();
        for id in &overdue {
            self.expect_former(id);
            self.fail(id);
        }
        overdue
    }

    /// Notes that a former state of patient `id`, who is watched, was requested.
    pub(super) fn expect_former(&mut self, id: &str) {
        self.late.entry(id.to_owned()).or_default().requests += 1;
    }

    /// Returns true if a former state of patient `id` was requested, and takes the request.
    pub(super) fn take_late(&mut self, id: &str) -> bool {
        let Some(late) = self.late.get_mut(id) else { return false };
        late.requests -= 1;
        late.has_failed = false;
        if late.requests == 0 {
            self.late.remove(id);
        }
        true
    }

    /// Drops the readings of a partition that was given up. Its next owner judges them.
    pub(super) fn drop_partition(&mut self, partition: i32) {
        for waiting in self.waiting.values_mut() {
            let readings = std::mem::take(&mut waiting.readings);
            let (dropped, kept): (Vec<_>, Vec<_>) =
                readings.into_iter().partition(|reading| reading.partition == partition);
            self.bytes -= bytes(&dropped);
            waiting.readings = kept;
        }
        self.waiting.retain(|_, waiting| !waiting.readings.is_empty());
    }

    /// Number of patients whose state could not be read so far.
    pub(super) fn unread(&self) -> usize {
        let late = self.late.values().filter(|late| late.has_failed);
        self.waiting.values().filter(|waiting| waiting.has_failed).count() + late.count()
    }
}

fn bytes(readings: &[HeldReading]) -> usize {
    readings.iter().map(HeldReading::bytes).sum()
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::decode::{DecodeOptions, decode};

    use super::*;

    const T: i64 = 1_763_812_800_000;

    fn payload(id: &str) -> Vec<u8> {
        format!(r#"{{"patient_id":"{id}","timestamp":{T},"heart_rate":70}}"#).into_bytes()
    }

    fn hold(newcomers: &mut Newcomers, id: &str, partition: i32, offset: i64, now: Instant) {
        let payload = payload(id);
        let decoded = decode(&payload, Some(T), &DecodeOptions::default()).unwrap();
        let received =
            Received { decoded, payload: &payload, offset, arrival_ms: T + offset, lead_ms: 3 };
        newcomers.hold(partition, &received, now);
    }

    fn offsets(readings: &[HeldReading]) -> Vec<(i32, i64)> {
        readings.iter().map(|reading| (reading.partition, reading.offset)).collect()
    }

    #[test]
    fn readings_are_held_back_in_their_order_and_decoded_again() {
        let now = Instant::now();
        let mut newcomers = Newcomers::default();
        for (id, partition, offset) in [("p", 1, 5), ("q", 1, 6), ("p", 2, 3), ("p", 1, 9)] {
            hold(&mut newcomers, id, partition, offset, now);
        }
        let readings = newcomers.take("p");
        assert_eq!(offsets(&readings), [(1, 5), (2, 3), (1, 9)]);
        let received = readings[0].received(&DecodeOptions::default()).unwrap();
        assert_eq!((received.patient_id(), received.offset, received.lead_ms), ("p", 5, 3));
        assert_eq!(received.arrival_ms, T + 5);
        assert!(newcomers.contains("q") && !newcomers.contains("p"));
        assert_eq!(offsets(&newcomers.take("p")), []);
    }

    #[test]
    fn a_patient_waits_for_ten_seconds_if_the_state_can_not_be_read() {
        let start = Instant::now();
        let mut newcomers = Newcomers::default();
        hold(&mut newcomers, "p", 0, 0, start);
        hold(&mut newcomers, "slow", 0, 1, start);
        let late = start + STATE_WAIT;
        assert!(newcomers.give_up_waiting(late).is_empty(), "the requests are only queued");
        newcomers.fail("p");
        assert_eq!(newcomers.unread(), 1);
        assert!(newcomers.give_up_waiting(late - Duration::from_millis(1)).is_empty());
        assert_eq!(newcomers.give_up_waiting(late), ["p"]);
        newcomers.take("p");
        assert_eq!(newcomers.unread(), 1, "still requested");
        assert!(newcomers.take_late("p") && !newcomers.take_late("p"));
        assert_eq!(newcomers.unread(), 0);
    }

    #[test]
    fn every_request_for_a_former_state_has_one_response() {
        let mut newcomers = Newcomers::default();
        newcomers.expect_former("p");
        newcomers.expect_former("p");
        assert_eq!(newcomers.unread(), 0, "under way");
        newcomers.fail("p");
        assert_eq!(newcomers.unread(), 1);
        let responses = [(); 3].map(|()| newcomers.take_late("p"));
        assert_eq!((responses, newcomers.unread()), ([true, true, false], 0));
    }

    #[test]
    fn nobody_waits_beyond_the_bound_of_the_readings() {
        let now = Instant::now();
        let mut newcomers = Newcomers::default();
        let size = payload("p").len();
        let count = i64::try_from(MAX_BYTES / size).unwrap();
        (0..count).for_each(|offset| hold(&mut newcomers, "p", 0, offset, now));
        assert!(newcomers.give_up_waiting(now).is_empty());
        hold(&mut newcomers, "q", 0, count, now);
        assert_eq!(newcomers.give_up_waiting(now), ["p", "q"]);
        newcomers.take("p");
        assert_eq!(newcomers.bytes, size);
    }

    #[test]
    fn a_partition_that_was_given_up_takes_its_readings_along() {
        let now = Instant::now();
        let mut newcomers = Newcomers::default();
        for (id, partition) in [("p", 0), ("p", 1), ("q", 1)] {
            hold(&mut newcomers, id, partition, 4, now);
        }
        newcomers.drop_partition(1);
        assert!(!newcomers.contains("q"));
        assert_eq!(offsets(&newcomers.take("p")), [(0, 4)]);
        assert_eq!(newcomers.bytes, 0);
    }
}
