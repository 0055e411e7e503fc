//! How far Kafka's log is, from librdkafka's own statistics.

use metrics::gauge;
use rdkafka::Statistics;

use crate::archive::status::recorder::StatusRecorder;

/// Notes the end of the log of every partition that this instance reads, and how much of it was
/// not fetched yet.
pub(crate) fn report(statistics: &Statistics, recorder: &StatusRecorder) {
    for state in statistics.topics.values() {
        for (id, partition) in &state.partitions {
            // -1 is the pseudo partition.
            if *id < 0 || !partition.desired {
                continue;
            }
            // Negative while it isn't known.
            if partition.hi_offset >= 0 {
                recorder.set_high_watermark(*id, partition.hi_offset);
            }
            if partition.consumer_lag >= 0 {
                #[expect(clippy::cast_precision_loss, reason = "a gauge")]
                gauge!("vitals_archive_fetch_lag", &recorder.labels(*id))
                    .set(partition.consumer_lag as f64);
            }
        }
    }
}
