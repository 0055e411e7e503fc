//! The logs of the second topic in an audit of its table.

use std::ops::Range;

use serde_json::Value;

/// The index of a log among those of the topic, from its id in the lake: the cluster, or `CLUSTER#N`
/// for the Nth log.
pub(super) fn log_index(id: &str) -> Option<usize> {
    let generation = id.split_once('#').map_or(Some(1_usize), |(_, number)| number.parse().ok());
    generation?.checked_sub(1)
}

/// The archived offsets of the topic's log with this index; `None` before the archive begins it.
pub(super) fn archived(audit: &Value, log: usize) -> Option<Range<i64>> {
    let entry = entry(audit, log)?;
    Some(entry["first"].as_i64()?..entry["position"].as_i64()?)
}

/// Returns true if messages of the topic's log with this index are stored.
pub(super) fn has_messages(audit: &Value, log: usize) -> bool {
    entry(audit, log).and_then(|it| it["stored"].as_i64()).is_some_and(|count| count > 0)
}

fn entry(audit: &Value, log: usize) -> Option<&Value> {
    let mut partitions = audit["partitions"].as_array()?.iter();
    partitions.find(|it| it["cluster"].as_str().and_then(log_index) == Some(log))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn logs_are_identified_by_their_generation() {
        let audit = json!({"partitions": [
            {"cluster": "c", "first": 2, "position": 7, "stored": 5},
            {"cluster": "c#2", "first": 0, "position": 0, "stored": 0},
        ]});
        assert_eq!([0, 1, 2].map(|log| archived(&audit, log)), [Some(2..7), Some(0..0), None]);
        assert_eq!([0, 1, 2].map(|log| has_messages(&audit, log)), [true, false, false]);
        assert_eq!(["c#x", "c#0"].map(log_index), [None, None]);
    }
}
