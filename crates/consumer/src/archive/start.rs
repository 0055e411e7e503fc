//! Where reading starts: the table's positions, or the end of what waits in the spool, against
//! what Kafka's log still has.
//!
//! The search is a task of its own, because the lake or the broker may be away for hours and the
//! polling thread must not wait for them: nothing is fetched of a partition without an answer.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::Context as _;
use rdkafka::consumer::Consumer as _;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Retry, readiness::Readiness};
use vitals_lake::{
    position::{Archived, Positions, log},
    schema::Table,
    table::Lake,
};

use super::{
    Client,
    begin::begin,
    board::Board,
    origin::Origin,
    store::{SharedSpool, lock},
};

/// Where reading a partition starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Start {
    /// The log's name, as in column `kafka_cluster`.
    pub(super) log: String,
    /// The next offset to be covered.
    pub(super) covered: i64,
    /// The offset to fetch from; later than `covered` when the log was truncated between.
    pub(super) fetch: i64,
    /// Whether the table has no position yet.
    is_new: bool,
}

/// Where reading starts, or why not: the outer error passes, the inner one stays until somebody
/// decides.
type Outcome = anyhow::Result<Result<Start, String>>;

/// Asks where a partition starts.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) partition: i32,
    /// Comes back with the answer, so that an old answer is known as such.
    pub(super) ticket: u64,
    /// The partition is read already, and only Kafka's log is to be looked at.
    pub(super) reading: Option<(String, i64)>,
}

/// Where a partition starts.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) request: Request,
    pub(super) start: Start,
}

/// Finds start positions.
pub(super) struct Starter {
    pub(super) client: Arc<Client>,
    pub(super) lake: Lake,
    pub(super) origin: Arc<Origin>,
    pub(super) spool: SharedSpool,
    pub(super) topic: String,
    pub(super) table: &'static Table,
    pub(super) retry: Retry,
    pub(super) request_timeout: Duration,
    pub(super) readiness: Readiness,
    pub(super) board: Board,
    pub(super) answers: mpsc::Sender<Answer>,
    pub(super) shutdown: CancellationToken,
}

/// What is known of a partition besides Kafka's log.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Known {
    /// It goes on at an offset of a log.
    At(String, i64),
    /// It was never archived, its log is this one.
    Never(String),
    /// Only the lake can say.
    Nothing,
    /// The lake has it from another cluster.
    Elsewhere,
}

impl Starter {
    /// Answers requests until the stop.
    pub(super) async fn run(self, mut requests: UnboundedReceiver<Request>) -> anyhow::Result<()> {
        let mut open: HashMap<i32, Request> = HashMap::new();
        let mut attempt = 0;
        loop {
            let pause = self.retry.pause(attempt);
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(()),
                request = requests.recv() => match request {
                    Some(request) => { open.insert(request.partition, request); }
                    None => return Ok(()),
                },
                () = tokio::time::sleep(pause), if !open.is_empty() => {}
            }
            while let Ok(request) = requests.try_recv() {
                open.insert(request.partition, request);
            }
            let before = open.len();
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(()),
                () = self.answer(&mut open) => {}
            }
            attempt = if open.len() < before || open.is_empty() { 0 } else { attempt + 1 };
        }
    }

    /// Answers what can be answered now, and says of the rest why not.
    async fn answer(&self, open: &mut HashMap<i32, Request>) {
        open.retain(|id, _| self.board.is_ours(*id));
        let known = self.known(open).await;
        let mut outcomes = Vec::new();
        for request in open.values() {
            let known = known.get(&request.partition).cloned().unwrap_or(Known::Nothing);
            outcomes.push((request.clone(), self.start(request.partition, known).await));
        }
        self.begin(&mut outcomes).await;
        for (request, outcome) in outcomes {
            self.settle(open, request, outcome);
        }
        match self.board.stopped_partitions()[..] {
            [] => self.readiness.met("partitions"),
            ref stopped => self.readiness.missing("partitions", format!("stopped: {stopped:?}")),
        }
    }

    /// Lets the table know where the partitions begin that were never archived, all in one commit.
    async fn begin(&self, outcomes: &mut [(Request, Outcome)]) {
        let new = |outcome: &Outcome| match outcome {
            Ok(Ok(start)) if start.is_new => Some(start.fetch),
            _ => None,
        };
        let first = outcomes.iter().filter_map(|(it, outcome)| Some((it.partition, new(outcome)?)));
        let first: Positions = first.collect();
        if first.is_empty() {
            return;
        }
        match self.begin_at(&first).await {
            Ok(()) => self.board.positions(&first),
            Err(error) => {
                for (_, outcome) in outcomes.iter_mut().filter(|(_, it)| new(it).is_some()) {
                    *outcome = Err(anyhow::anyhow!("{error:#}"));
                }
            }
        }
    }

    async fn begin_at(&self, first: &Positions) -> anyhow::Result<()> {
        begin(&self.lake, self.table, &self.origin.source()?, first).await
    }

    /// Answers a request, or says why not.
    fn settle(&self, open: &mut HashMap<i32, Request>, request: Request, outcome: Outcome) {
        let id = request.partition;
        match outcome {
            Ok(Ok(start)) => {
                open.remove(&id);
                self.board.waiting(id, "starting");
                // The polling thread ends before this task only when the service ends.
                let _gone = self.answers.send(Answer { request, start });
            }
            Ok(Err(reason)) => {
                // From now on the lake has to say, which is where somebody decides.
                open.insert(id, Request { reading: None, ..request });
                if self.board.stopped(id, &reason) {
                    tracing::error!(partition = id, reason, "the partition is stopped");
                }
            }
            Err(error) => {
                let reason = format!("{error:#}");
                if self.board.waiting(id, &reason) {
                    tracing::warn!(partition = id, reason, "no start position yet");
                }
            }
        }
    }

    /// What the lake and the spool know of the partitions.
    async fn known(&self, open: &HashMap<i32, Request>) -> HashMap<i32, Known> {
        let reading =
            |request: &Request| request.reading.clone().map(|(log, at)| Known::At(log, at));
        let mut known: HashMap<i32, Known> =
            open.iter().filter_map(|(id, request)| Some((*id, reading(request)?))).collect();
        let asked: Vec<i32> = open.keys().copied().filter(|id| !known.contains_key(id)).collect();
        if asked.is_empty() {
            return known;
        }
        let cluster = match self.cluster().await {
            Ok(cluster) => cluster,
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the cluster did not say its id");
                return known;
            }
        };
        match self.archived(&asked).await {
            Ok(found) => {
                self.readiness.met("lake");
                self.board.lake(None);
                for (id, archived) in asked.into_iter().zip(found) {
                    known.insert(id, self.beyond_spool(&cluster, id, archived));
                }
            }
            Err(error) => {
                let error = format!("{error:#}");
                self.readiness.missing("lake", error.clone());
                self.board.lake(Some(error));
                for id in asked {
                    known.insert(id, self.only_spool(&cluster, id));
                }
            }
        }
        known
    }

    async fn cluster(&self) -> anyhow::Result<String> {
        let origin = Arc::clone(&self.origin);
        let source = tokio::task::spawn_blocking(move || origin.source()).await;
        Ok(source.context("asking the cluster")??.cluster)
    }

    async fn archived(&self, partitions: &[i32]) -> anyhow::Result<Vec<Archived>> {
        let table = self.lake.open_or_create(self.table).await?;
        self.origin.source()?.archived(&self.lake, &table, partitions).await
    }

    /// What waits in the spool continues the table: reading goes on behind it.
    fn beyond_spool(&self, cluster: &str, partition: i32, archived: Archived) -> Known {
        match archived {
            Archived::Never => Known::Never(log(cluster, 1)),
            Archived::Elsewhere { .. } => Known::Elsewhere,
            Archived::At { log, position, .. } => {
                self.board.positions(&Positions::from([(partition, position)]));
                let end = lock(&self.spool).chain(&log, partition, Some(position));
                Known::At(log, end.unwrap_or(position))
            }
        }
    }

    /// The lake does not answer. What this process or the one before it has in the spool was
    /// read from the table's position on, so reading may go on behind it.
    fn only_spool(&self, cluster: &str, partition: i32) -> Known {
        let spool = lock(&self.spool);
        let end = spool
            .log(cluster, partition)
            .and_then(|log| Some(Known::At(log.to_owned(), spool.chain(log, partition, None)?)));
        end.unwrap_or(Known::Nothing)
    }

    /// Compares with what Kafka's log has.
    async fn start(&self, id: i32, known: Known) -> Outcome {
        anyhow::ensure!(known != Known::Nothing, "the lake does not answer");
        let (low, high) = self.watermarks(id).await?;
        self.board.high_watermark(id, high);
        match known {
            Known::Nothing | Known::Elsewhere => Ok(Err(elsewhere(&self.accept(id)))),
            Known::At(log, at) => Ok(start(log, at, (low, high), &self.accept(id))),
            Known::Never(log) => Ok(Ok(Start { log, covered: low, fetch: low, is_new: true })),
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
fn start(log: String, at: i64, (low, high): (i64, i64), accept: &str) -> Result<Start, String> {
    if at > high {
        return Err(format!(
            "archived up to offset {at}, but Kafka's log ends at {high}: the topic was recreated \
             or truncated. `{accept}` archives what is in it now as a new log from offset {low} \
             on; the rows of the old one stay"
        ));
    }
    Ok(Start { log, covered: at, fetch: at.max(low), is_new: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_starts_where_the_table_or_the_spool_ends() {
        let at = |covered, fetch| Ok(Start { log: "c".to_owned(), covered, fetch, is_new: false });
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
