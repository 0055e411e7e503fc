//! High watermarks and fetch lag from librdkafka's statistics.

use rdkafka::Statistics;

use crate::archive::status::StatusRecorder;

/// Records the high watermark and the fetch lag of every partition that this instance reads.
pub(crate) fn record(statistics: &Statistics, recorder: &StatusRecorder) {
    for topic in statistics.topics.values() {
        for (id, partition) in &topic.partitions {
            // librdkafka keeps unassigned messages in a pseudo partition, -1.
            if *id < 0 || !partition.desired {
                continue;
            }
            // Both are negative while unknown.
            if partition.hi_offset >= 0 {
                recorder.raise_high_watermark(*id, partition.hi_offset);
            }
            if partition.ls_offset >= 0 {
                recorder.set_stable_end(*id, partition.ls_offset);
            }
            if partition.consumer_lag >= 0 {
                recorder.metrics().set_fetch_lag(*id, partition.consumer_lag);
            }
        }
    }
}
