//! A reading as it was received: decoded, with its position and its times.

use rdkafka::{Message as _, Timestamp, message::BorrowedMessage};
use vitals_core::{
    domain::decode::{self, Decoded},
    runtime::clock::now_ms,
};
use vitals_lake::position::LastMessage;

use super::{log_end::CREATE_TIME_GRACE_MS, partition::PartitionWatch};
use crate::archive::fingerprint;

/// Lead of a producer's clock up to which its time counts.
const MAX_AHEAD_MS: i64 = 300_000;

/// A reading.
pub(super) struct Received<'m> {
    pub(super) decoded: Decoded<'m>,
    pub(super) payload: &'m [u8],
    pub(super) offset: i64,
    pub(super) arrival_ms: i64,
    /// The lead of this process's clock over the arrival, ms: 0 if the broker sets it.
    pub(super) lead_ms: i64,
}

impl Received<'_> {
    /// The patient.
    pub(super) fn patient_id(&self) -> &str {
        self.decoded.reading.patient_id.as_ref()
    }
}

impl PartitionWatch {
    /// Notes a message. Returns its reading; `None` for a tombstone, and for a message that can't
    /// be decoded: the archive keeps it.
    pub(super) fn receive<'m>(&mut self, message: &'m BorrowedMessage<'_>) -> Option<Received<'m>> {
        let offset = message.offset();
        self.next_offset = offset + 1;
        self.at_end = false;
        self.end = None;
        let time_ms = message.timestamp().to_millis().filter(|time_ms| *time_ms >= 0);
        let fingerprint = fingerprint(time_ms, message.key(), message.payload());
        self.last = Some(LastMessage { offset, fingerprint });
        let Times { arrival_ms, lead_ms, read_to_ms } = Times::of(message.timestamp(), now_ms());
        if let Timestamp::LogAppendTime(_) = message.timestamp() {
            self.lead_ms = Some(0);
        }
        if self.read_time.note_message(read_to_ms) {
            self.set_back();
        }
        self.window.note(offset, arrival_ms);
        let payload = message.payload()?;
        let decoded = decode::decode(payload, Some(arrival_ms), &self.settings.options).ok()?;
        Some(Received { decoded, payload, offset, arrival_ms, lead_ms })
    }
}

/// The times of a message.
#[derive(Debug, Clone, Copy)]
struct Times {
    arrival_ms: i64,
    lead_ms: i64,
    /// The time up to which every message of the partition was read.
    read_to_ms: i64,
}

impl Times {
    /// The times of a message that was received at `now_ms`. A producer may send any time.
    fn of(timestamp: Timestamp, now_ms: i64) -> Self {
        let arrival_ms = arrival_ms(timestamp, now_ms);
        let lead_ms = match timestamp {
            Timestamp::LogAppendTime(_) => 0,
            _ => now_ms.saturating_sub(arrival_ms),
        };
        let grace_ms = if lead_ms == 0 { 0 } else { CREATE_TIME_GRACE_MS };
        let read_to_ms = arrival_ms.saturating_add(lead_ms).saturating_sub(grace_ms);
        Self { arrival_ms, lead_ms, read_to_ms }
    }
}

/// The arrival of a message that was received at `now_ms`, ms since the epoch: the broker's time,
/// or that of a producer. A producer's time far in the future would hide everything that follows.
/// One that is no arrival, such as 0 or seconds, would stand still: no delay would ever pass. Any
/// other time counts as it is: ids follow from arrivals, and must not depend on this clock.
pub(super) fn arrival_ms(timestamp: Timestamp, now_ms: i64) -> i64 {
    let sent_ms = match timestamp {
        Timestamp::LogAppendTime(time_ms) => return time_ms,
        Timestamp::CreateTime(time_ms) => decode::arrival_ms(time_ms),
        Timestamp::NotAvailable => None,
    };
    sent_ms.filter(|time_ms| *time_ms <= now_ms + MAX_AHEAD_MS).unwrap_or(now_ms)
}

/// The latest time that a message about readings can name, ms since the epoch: none of them arrived
/// after it. `timestamp` is that of the message, which was received at `now_ms`.
pub(super) fn latest_ms(timestamp: Timestamp, now_ms: i64) -> i64 {
    arrival_ms(timestamp, now_ms).saturating_add(MAX_AHEAD_MS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_763_812_800_000;

    proptest! {
        #[test]
        fn a_time_of_a_producer_neither_overflows_nor_moves_the_clock_far_ahead(
            time_ms in prop_oneof![
                Just(i64::MIN), Just(i64::MAX), any::<i64>(), NOW - 900_000..NOW + 900_000,
            ],
        ) {
            let times = Times::of(Timestamp::CreateTime(time_ms), NOW);
            prop_assert!(times.arrival_ms <= NOW + MAX_AHEAD_MS);
            prop_assert!(times.read_to_ms <= NOW, "{times:?}");
        }

        /// With such a time, a patient's clock stands still, or runs a thousand times too slow.
        #[test]
        fn a_time_that_is_no_arrival_is_replaced_by_that_of_the_receipt(
            time_ms in prop_oneof![
                Just(i64::MIN), Just(-1), Just(0), Just(NOW / 1000), Just(NOW * 1000), i64::MIN..0,
                0..946_684_800_000_i64,
            ],
        ) {
            prop_assert_eq!(arrival_ms(Timestamp::CreateTime(time_ms), NOW), NOW);
        }

        #[test]
        fn a_possible_time_of_a_producer_is_the_arrival(time_ms in 946_684_800_000..=NOW) {
            prop_assert_eq!(arrival_ms(Timestamp::CreateTime(time_ms), NOW), time_ms);
        }
    }
}
