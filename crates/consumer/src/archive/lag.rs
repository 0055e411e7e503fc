//! How far the group is behind, from librdkafka's own statistics.

use metrics::gauge;
use rdkafka::Statistics;

/// Sets the lag of every partition that this instance reads.
pub(crate) fn report(statistics: &Statistics) {
    for (topic, state) in &statistics.topics {
        for (id, partition) in &state.partitions {
            // -1 is the pseudo partition, and a lag that isn't known yet.
            if *id >= 0 && partition.desired && partition.consumer_lag >= 0 {
                let labels = [("topic", topic.clone()), ("partition", id.to_string())];
                #[expect(clippy::cast_precision_loss, reason = "a gauge")]
                gauge!("vitals_archive_fetch_lag", &labels).set(partition.consumer_lag as f64);
            }
        }
    }
}
