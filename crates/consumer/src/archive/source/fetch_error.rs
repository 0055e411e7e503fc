//! Errors that librdkafka delivers in place of messages.

use std::fmt;

use rdkafka::types::RDKafkaErrorCode;

/// An error in place of a partition's messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FetchError {
    pub(crate) code: RDKafkaErrorCode,
    /// The description by librdkafka. It names the cause of an offset reset.
    pub(crate) reason: String,
}

impl FetchError {
    /// Returns true if the client can't continue with any partition.
    pub(crate) fn is_fatal(&self) -> bool {
        self.code == RDKafkaErrorCode::Fatal
    }

    /// Returns true if the messages themselves are damaged, so that no later fetch can succeed.
    ///
    /// A compression that the client was built without is none of these: another build reads the
    /// messages, so the partition waits.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(
            self.code,
            RDKafkaErrorCode::BadMessage
                | RDKafkaErrorCode::BadCompression
                | RDKafkaErrorCode::InvalidMessage
        )
    }

    /// Returns true if the broker's log ends before an offset that was read already, or has other
    /// messages there. librdkafka reports the truncation as the cause of an offset reset.
    pub(crate) fn is_truncation(&self) -> bool {
        let reason = self.reason.to_ascii_lowercase();
        self.code == RDKafkaErrorCode::LogTruncation
            || self.code == RDKafkaErrorCode::AutoOffsetReset
                && (reason.contains("log truncation") || reason.contains("no epoch found"))
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.reason.is_empty() { self.code.fmt(f) } else { f.write_str(&self.reason) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_reset_is_a_truncation_if_its_cause_is_one() {
        // The texts of librdkafka 2.12.
        let truncated = "Partition log truncation detected at offset 150 (leader epoch 4): broker \
                         end offset is 100 (offset leader epoch 4). Reset to INVALID.: Local: \
                         Partition log truncation detected (broker 1)";
        let other_log = "No epoch found less or equal to offset 150 (leader epoch 4): broker end \
                         offset is -1 (offset leader epoch -1). Reset using configured policy.";
        let out_of_range = "fetch failed due to requested offset not available on the broker: \
                            Broker: Offset out of range (broker 1)";
        for (reason, expected) in [(truncated, true), (other_log, true), (out_of_range, false)] {
            let code = RDKafkaErrorCode::AutoOffsetReset;
            let error = FetchError { code, reason: reason.to_owned() };
            assert_eq!(error.is_truncation(), expected, "{reason}");
        }
    }
}
