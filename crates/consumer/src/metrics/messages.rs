//! Messages, commits and dead letters.
#![expect(clippy::disallowed_macros, reason = "one of the files that record this crate's metrics")]

use std::time::Duration;

use metrics::{SharedString, counter};
use vitals_core::{
    domain::rejection::Reason,
    runtime::{kafka::DeliveryMetrics, metrics::Metric},
};

use super::{
    archive::ArchiveMetrics,
    definition::{TOPIC, counter, histogram},
};
use crate::rows::FieldCounts;

pub(super) const CONSUMED: Metric =
    counter("vitals_archive_consumed_total", TOPIC, "Messages archived, valid or rejected.");
pub(super) const STORED: Metric = counter(
    "vitals_archive_stored_total",
    TOPIC,
    "Valid messages archived: readings, predictions or contexts.",
);
pub(super) const REJECTED: Metric = counter(
    "vitals_archive_rejected_total",
    &["topic", "reason"],
    "Rejected messages archived, by reason.",
);
pub(super) const DROPPED: Metric = counter(
    "vitals_archive_dropped_total",
    TOPIC,
    "Rows dropped before a commit because the lake had them or another instance owns their \
     partition.",
);
pub(super) const LOST_OFFSETS: Metric = counter(
    "vitals_archive_lost_offsets_total",
    TOPIC,
    "Offsets that Kafka deleted before they were archived.",
);
pub(super) const UNREADABLE_OFFSETS: Metric = counter(
    "vitals_archive_unreadable_offsets_total",
    TOPIC,
    "Offsets whose messages are damaged in Kafka.",
);
pub(super) const UNKNOWN_FIELDS: Metric = counter(
    "vitals_archive_unknown_fields_total",
    TOPIC,
    "Fields that the contract does not name, kept in column `extra`.",
);
pub(super) const REFUSED_FIELDS: Metric = counter(
    "vitals_archive_refused_fields_total",
    &["topic", "reason", "device"],
    "Refused fields of readings, by reason and device. Beyond 100 devices, the device is `other`; \
     without one, `none`.",
);
pub(super) const COMMIT_SECONDS: Metric = histogram(
    "vitals_archive_commit_seconds",
    TOPIC,
    "Duration of a commit, from reading the table's positions.",
);
pub(super) const BATCH_AGE_SECONDS: Metric = histogram(
    "vitals_archive_batch_age_seconds",
    TOPIC,
    "Age of a batch's oldest message when the batch is committed.",
);
pub(super) const FAILURES: Metric =
    counter("vitals_archive_failures_total", TOPIC, "Failed attempts to commit a batch.");
pub(super) const DEAD_LETTERS: Metric = counter(
    "vitals_archive_dead_letters_total",
    TOPIC,
    "Dead letters delivered to the topic of rejected messages.",
);
pub(super) const DEAD_LETTER_FAILURES: Metric =
    counter("vitals_archive_dead_letter_failures_total", TOPIC, "Dead letters not delivered.");

/// The rows of a batch by their fate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CommittedRows {
    /// Readings, predictions or contexts.
    pub(crate) valid: u64,
    /// Rejected messages.
    pub(crate) rejected: u64,
    /// Rows left out of the commit.
    pub(crate) dropped: u64,
}

impl ArchiveMetrics {
    /// Records the result of one commit.
    pub(crate) fn record_commit(&self, rows: &CommittedRows, took: Duration, batch_age: Duration) {
        self.counter(CONSUMED).increment(rows.valid + rows.rejected);
        self.counter(STORED).increment(rows.valid);
        self.counter(DROPPED).increment(rows.dropped);
        self.histogram(COMMIT_SECONDS).record(took.as_secs_f64());
        self.histogram(BATCH_AGE_SECONDS).record(batch_age.as_secs_f64());
    }

    pub(crate) fn add_rejected(&self, reason: Reason, messages: u64) {
        let labels = [("topic", self.topic.clone()), ("reason", reason.code().into())];
        counter!(REJECTED.name, &labels).increment(messages);
    }

    pub(crate) fn add_commit_failure(&self) {
        self.counter(FAILURES).increment(1);
    }

    pub(crate) fn add_lost_offsets(&self, offsets: u64) {
        self.counter(LOST_OFFSETS).increment(offsets);
    }

    pub(crate) fn add_unreadable_offsets(&self, offsets: u64) {
        self.counter(UNREADABLE_OFFSETS).increment(offsets);
    }

    pub(crate) fn add_fields(&self, counts: FieldCounts) {
        if counts.unknown > 0 {
            self.counter(UNKNOWN_FIELDS).increment(counts.unknown);
        }
        for ((reason, device), fields) in counts.refused {
            let labels: [(&'static str, SharedString); 3] = [
                ("topic", self.topic.clone()),
                ("reason", reason.code().into()),
                ("device", device.into()),
            ];
            counter!(REFUSED_FIELDS.name, &labels).increment(fields);
        }
    }

    /// The metrics that the producer of dead letters keeps.
    pub(crate) fn dead_letter_delivery(&self) -> DeliveryMetrics {
        DeliveryMetrics {
            delivered: self.counter(DEAD_LETTERS),
            failed: self.counter(DEAD_LETTER_FAILURES),
            ..DeliveryMetrics::default()
        }
    }
}
