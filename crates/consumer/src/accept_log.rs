//! `consumer accept-log`: an operator accepts Kafka's current log of a partition as a new log,
//! archived beside the old one.

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, bail, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use vitals_core::{
    domain::offset_range::OffsetRange,
    runtime::{config::Settings, kafka},
};
use vitals_lake::{
    append,
    position::{Archived, ArchivedLog, KafkaSource, Transactions},
    table::Lake,
};

use crate::feed::Feed;

/// The partitions whose logs are accepted.
#[derive(Debug, Clone, Copy)]
pub enum Partitions {
    /// One partition. It is an error if it is not stopped.
    One(i32),
    /// All partitions that are stopped.
    AllStopped,
}

/// A log that is accepted as a new one.
struct AcceptedLog {
    partition: i32,
    generation: i64,
    /// The first offset in Kafka.
    first: i64,
    reason: String,
}

/// The comparison of a partition with Kafka's log.
enum Comparison {
    /// The partition is stopped.
    Stopped(AcceptedLog),
    /// The partition needs no decision, for this reason.
    Continues(String),
}

/// Commits to the table of `feed` that partitions start a new generation at the first offset in
/// Kafka. A running consumer then continues without a restart.
///
/// # Errors
/// When Kafka or the lake is unavailable, no partition is stopped, or a consumer was faster.
pub async fn run(settings: &Settings, feed: Feed, which: Partitions) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let name = feed.table().name;
    let Some(mut table) = lake.open(name).await? else {
        bail!("nothing has been archived to {} yet", lake.table_url(name));
    };

    // Compare the partitions with Kafka's logs.
    let broker = Broker::new(settings, feed)?;
    let source = broker.source()?;
    let partitions = match which {
        Partitions::One(partition) => vec![partition],
        Partitions::AllStopped => {
            kafka::partitions(broker.client.client(), &source.topic, broker.request_timeout)?
        }
    };
    let transactions = Transactions::read(&lake, &table).await?;
    let mut accepted = Vec::new();
    for partition in partitions {
        match broker.compare(partition, &source.archived(&transactions, partition))? {
            Comparison::Stopped(log) => accepted.push(log),
            Comparison::Continues(reason) => {
                if let Partitions::One(_) = which {
                    bail!("partition {partition}: {reason}");
                }
            }
        }
    }
    ensure!(!accepted.is_empty(), "no partition is stopped; there is nothing to accept");

    // All in one commit.
    let begin = accepted.iter().flat_map(|it| source.begin(it.partition, it.generation, it.first));
    let query_id = format!("accept-log {}", source.cluster);
    let commit = append::commit(&mut table, &query_id, Vec::new(), begin.collect());
    lake.within("commit", commit).await?;
    print(&source, &accepted)
}

fn print(source: &KafkaSource, accepted: &[AcceptedLog]) -> anyhow::Result<()> {
    for AcceptedLog { partition, generation, first, reason } in accepted {
        let log = source.log(*generation).id;
        writeln!(
            std::io::stdout(),
            "partition {partition}: {reason}; accepted as log {log} from offset {first}"
        )?;
    }
    Ok(())
}

/// The topic on the broker.
struct Broker {
    client: BaseConsumer,
    topic: String,
    request_timeout: Duration,
}

impl Broker {
    fn new(settings: &Settings, feed: Feed) -> anyhow::Result<Self> {
        let config = kafka::reader_config(&settings.kafka, "consumer");
        let request_timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
        let client = config.create().context("settings: kafka")?;
        Ok(Self { client, topic: feed.topic(&settings.kafka).to_owned(), request_timeout })
    }

    fn source(&self) -> anyhow::Result<KafkaSource> {
        let cluster = kafka::cluster_id(self.client.client(), self.request_timeout)?;
        Ok(KafkaSource { cluster, topic: self.topic.clone() })
    }

    /// Compares a partition's archived state with Kafka's log.
    fn compare(&self, partition: i32, archived: &Archived) -> anyhow::Result<Comparison> {
        let client = self.client.client();
        let watermarks = kafka::watermarks(client, &self.topic, partition, self.request_timeout)
            .context("fetching the watermarks from Kafka")?;
        let OffsetRange { start: first, end: high } = watermarks;
        let (generation, reason) = match archived {
            Archived::Never => {
                let reason = "was never archived; it starts without a decision";
                return Ok(Comparison::Continues(reason.to_owned()));
            }
            Archived::OtherCluster { generation } => {
                (generation, "the old log belongs to another cluster".to_owned())
            }
            // A log that ends before the position is another one, or was truncated.
            Archived::At(ArchivedLog { position, generation, .. }) if *position > high => (
                generation,
                format!("the old log was archived up to {position}, the new one ends at {high}"),
            ),
            Archived::At(ArchivedLog { position, generation, stopped_ms: Some(_), .. }) => {
                (generation, format!("stopped; the old log was archived up to {position}"))
            }
            Archived::At(ArchivedLog { position, .. }) => {
                return Ok(Comparison::Continues(format!(
                    "continues at offset {position} of a log that ends at {high}; there is \
                     nothing to accept"
                )));
            }
        };
        // Each generation is a log of its own in the table, so the offsets of the new one clash
        // with none.
        let generation = generation + 1;
        Ok(Comparison::Stopped(AcceptedLog { partition, generation, first, reason }))
    }
}
