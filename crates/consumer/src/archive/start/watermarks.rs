//! What is known of a partition against what Kafka's log has.

use std::sync::Arc;

use anyhow::Context as _;
use rdkafka::consumer::Consumer as _;

use crate::archive::start::{
    known::KnownPosition,
    resolver::{Outcome, StartPosition, StartResolver},
};

impl StartResolver {
    /// Compares with what Kafka's log has.
    pub(crate) async fn start(&self, id: i32, known: KnownPosition) -> Outcome {
        anyhow::ensure!(known != KnownPosition::Nothing, "the lake does not answer");
        let (low, high) = self.watermarks(id).await?;
        self.recorder.set_high_watermark(id, high);
        match known {
            KnownPosition::Nothing | KnownPosition::Elsewhere => {
                Ok(Err(elsewhere(&self.accept(id))))
            }
            KnownPosition::At(log, at) => Ok(start(log, at, (low, high), &self.accept(id))),
            KnownPosition::Never(log) => {
                Ok(Ok(StartPosition { log, covered: low, fetch: low, is_new: true }))
            }
        }
    }

    /// The command that lets a partition begin anew.
    fn accept(&self, partition: i32) -> String {
        format!("consumer accept-log --table {} --partition {partition}", self.table.name)
    }

    async fn watermarks(&self, partition: i32) -> anyhow::Result<(i64, i64)> {
        let (client, topic) = (Arc::clone(&self.client), self.topic.clone());
        let timeout = self.request_timeout;
        let asked = tokio::task::spawn_blocking(move || {
            client.fetch_watermarks(&topic, partition, timeout)
        });
        asked.await?.context("Kafka did not say what its log has")
    }
}

fn elsewhere(accept: &str) -> String {
    format!(
        "the lake has archived this partition from another Kafka cluster. If this one replaces \
         it, `{accept}` archives it as a new log; the rows of the old one stay. If not, set \
         another lake.url"
    )
}

/// Where reading starts, from the next offset and the log's low and high watermark; or why it
/// must not, and the command that decides it.
fn start(
    log: String,
    at: i64,
    (low, high): (i64, i64),
    accept: &str,
) -> Result<StartPosition, String> {
    if at > high {
        return Err(format!(
            "archived up to offset {at}, but Kafka's log ends at {high}: the topic was recreated \
             or truncated. `{accept}` archives what is in it now as a new log from offset {low} \
             on; the rows of the old one stay"
        ));
    }
    Ok(StartPosition { log, covered: at, fetch: at.max(low), is_new: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_starts_where_the_table_or_the_spool_ends() {
        let at = |covered, fetch| {
            Ok(StartPosition { log: "c".to_owned(), covered, fetch, is_new: false })
        };
        let start = |offset, low, high| start("c".to_owned(), offset, (low, high), "accept-log 3");
        assert_eq!(start(7, 5, 9), at(7, 7));
        assert_eq!(start(9, 5, 9), at(9, 9));
        assert_eq!(start(3, 5, 9), at(3, 5), "what was deleted is recorded as lost");
        let error = start(10, 5, 9).unwrap_err();
        for part in ["offset 10", "ends at 9", "`accept-log 3`"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
