//! `consumer accept-log`: somebody has looked, and what is in Kafka's log now is to be archived
//! as a new log beside the old one.

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, bail, ensure};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use vitals_core::runtime::{config::Settings, kafka};
use vitals_lake::{
    append::commit,
    position::{Archived, KafkaSource},
    table::Lake,
};

use crate::feed::Feed;

/// Which partitions.
#[derive(Debug, Clone, Copy)]
pub enum Which {
    /// This one; it is an error when it goes on by itself.
    One(i32),
    /// All that don't go on by themselves.
    All,
}

/// A partition whose log is accepted as a new one.
struct Accepted {
    partition: i32,
    generation: i64,
    first: i64,
    reason: String,
}

/// Records in the log of the table of `feed` that partitions begin anew: in a new generation, at
/// the first offset that Kafka has. A running consumer goes on by itself.
///
/// # Errors
/// When Kafka or the lake is away, a partition goes on by itself, or a consumer was faster.
pub async fn run(settings: &Settings, feed: Feed, which: Which) -> anyhow::Result<()> {
    let lake = Lake::new(&settings.lake)?;
    let name = feed.table().name;
    let Some(mut table) = lake.open(name).await? else {
        bail!("nothing was archived to {} yet", lake.table_url(name));
    };
    let broker = Broker::new(settings, feed)?;
    let source = broker.source()?;
    let partitions = match which {
        Which::One(partition) => vec![partition],
        Which::All => kafka::partitions(broker.client.client(), &source.topic, broker.timeout)?,
    };
    let found = source.archived(&lake, &table, &partitions).await?;
    let mut accepted = Vec::new();
    for (partition, archived) in partitions.into_iter().zip(found) {
        match (broker.compare(partition, &archived)?, which) {
            (Ok(new), _) => accepted.push(new),
            (Err(_), Which::All) => {}
            (Err(goes_on), Which::One(_)) => bail!("partition {partition}: {goes_on}"),
        }
    }
    ensure!(!accepted.is_empty(), "every partition goes on by itself; there is nothing to accept");
    let begin = accepted.iter().flat_map(|it| source.begin(it.partition, it.generation, it.first));
    let name = format!("accept-log {}", source.cluster);
    lake.within("commit", commit(&mut table, &name, Vec::new(), begin.collect())).await?;
    report(&source, &accepted)
}

fn report(source: &KafkaSource, accepted: &[Accepted]) -> anyhow::Result<()> {
    for Accepted { partition, generation, first, reason } in accepted {
        let log = source.log(*generation).id;
        writeln!(
            std::io::stdout(),
            "partition {partition}: {reason}; archived as log {log} from offset {first} on"
        )?;
    }
    Ok(())
}

struct Broker {
    client: BaseConsumer,
    topic: String,
    timeout: Duration,
}

impl Broker {
    fn new(settings: &Settings, feed: Feed) -> anyhow::Result<Self> {
        let config = kafka::reader_config(&settings.kafka, "consumer");
        let timeout = Duration::from_millis(settings.kafka.request_timeout_ms.into());
        let client = config.create().context("settings: kafka")?;
        Ok(Self { client, topic: feed.topic(&settings.kafka).to_owned(), timeout })
    }

    fn source(&self) -> anyhow::Result<KafkaSource> {
        let cluster = kafka::cluster_id(self.client.client(), self.timeout)?;
        Ok(KafkaSource { cluster, topic: self.topic.clone() })
    }

    /// The new log, or why there is none.
    fn compare(
        &self,
        partition: i32,
        archived: &Archived,
    ) -> anyhow::Result<Result<Accepted, String>> {
        let (first, high) = self
            .client
            .fetch_watermarks(&self.topic, partition, self.timeout)
            .context("Kafka did not say what its log has")?;
        let accepted = |generation, reason| {
            Ok(Accepted { partition, generation: generation + 1, first, reason })
        };
        Ok(match archived {
            Archived::Never => Err("was never archived; it begins by itself".to_owned()),
            Archived::OtherCluster { generation } => {
                accepted(*generation, "the old log was another cluster's".to_owned())
            }
            Archived::At { position, generation, .. } if *position > high => accepted(
                *generation,
                format!("the old log was archived up to {position}, the new one ends at {high}"),
            ),
            Archived::At { position, .. } => Err(format!(
                "goes on at offset {position} of a log that ends at {high}; there is nothing to \
                 accept"
            )),
        })
    }
}
