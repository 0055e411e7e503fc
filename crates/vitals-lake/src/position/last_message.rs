//! The last message that was archived of a log.

/// The last archived message of a partition's log: its offset, and a fingerprint of its content.
///
/// Offsets alone don't identify a log. A topic that was recreated, or a broker that was restored
/// from an older state, has other messages at the same offsets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastMessage {
    /// The offset.
    pub offset: i64,
    /// The fingerprint of timestamp, key and payload.
    pub fingerprint: u32,
}

impl LastMessage {
    /// The version of the `txn` action that goes with position `next`: the distance to the
    /// position in the upper, the fingerprint in the lower 32 bits. 0 if there is no message, or
    /// if it is out of reach.
    pub(super) fn encode(last: Option<Self>, next: i64) -> i64 {
        let Some(Self { offset, fingerprint }) = last else { return 0 };
        match i32::try_from(next - offset) {
            Ok(distance) if distance > 0 => (i64::from(distance) << 32) | i64::from(fingerprint),
            _ => 0,
        }
    }

    /// The message of `version`, given the position `next`.
    pub(super) fn decode(version: i64, next: i64) -> Option<Self> {
        let fingerprint = u32::try_from(version & i64::from(u32::MAX)).ok()?;
        let distance = version >> 32;
        (distance > 0).then(|| Self { offset: next - distance, fingerprint })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_message_is_decoded_as_it_was_encoded(
            next in 1..i64::MAX / 2, distance in 1..i64::from(i32::MAX), fingerprint: u32,
        ) {
            let last = Some(LastMessage { offset: next - distance, fingerprint });
            prop_assert_eq!(LastMessage::decode(LastMessage::encode(last, next), next), last);
        }
    }

    #[test]
    fn a_message_out_of_reach_is_none() {
        let far = LastMessage { offset: 0, fingerprint: 7 };
        for version in [LastMessage::encode(Some(far), 1 << 40), LastMessage::encode(None, 5)] {
            assert_eq!(LastMessage::decode(version, 5), None);
        }
    }
}
