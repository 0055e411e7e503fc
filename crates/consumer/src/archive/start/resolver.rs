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

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Retry, readiness::Readiness};
use vitals_lake::{position::Positions, schema::Table, table::Lake};

use crate::archive::{
    sink::storage_task::SharedSpool,
    source::callbacks::Client,
    start::{cluster_id::Origin, initial_offsets::begin, known::KnownPosition},
    status::recorder::StatusRecorder,
};

/// Where reading a partition starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StartPosition {
    /// The log's name, as in column `kafka_cluster`.
    pub(crate) log: String,
    /// The next offset to be covered.
    pub(crate) covered: i64,
    /// The offset to fetch from; later than `covered` when the log was truncated between.
    pub(crate) fetch: i64,
    /// Whether the table has no position yet.
    pub(crate) is_new: bool,
}

/// Where reading starts, or why not: the outer error passes, the inner one stays until somebody
/// decides.
pub(crate) type Outcome = anyhow::Result<Result<StartPosition, String>>;

/// Asks where a partition starts.
#[derive(Debug, Clone)]
pub(crate) struct StartRequest {
    pub(crate) partition: i32,
    /// Comes back with the answer, so that an old answer is known as such.
    pub(crate) ticket: u64,
    /// The partition is read already, and only Kafka's log is to be looked at.
    pub(crate) reading: Option<(String, i64)>,
}

/// Where a partition starts.
#[derive(Debug)]
pub(crate) struct ResolvedStart {
    pub(crate) request: StartRequest,
    pub(crate) start: StartPosition,
}

/// Finds start positions.
pub(crate) struct StartResolver {
    pub(crate) client: Arc<Client>,
    pub(crate) lake: Lake,
    pub(crate) origin: Arc<Origin>,
    pub(crate) spool: SharedSpool,
    pub(crate) topic: String,
    pub(crate) table: &'static Table,
    pub(crate) retry: Retry,
    pub(crate) request_timeout: Duration,
    pub(crate) readiness: Readiness,
    pub(crate) recorder: StatusRecorder,
    pub(crate) answers: mpsc::Sender<ResolvedStart>,
    pub(crate) shutdown: CancellationToken,
}

impl StartResolver {
    /// Answers requests until the stop.
    pub(crate) async fn run(
        self,
        mut requests: UnboundedReceiver<StartRequest>,
    ) -> anyhow::Result<()> {
        let mut open: HashMap<i32, StartRequest> = HashMap::new();
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
    async fn answer(&self, open: &mut HashMap<i32, StartRequest>) {
        open.retain(|id, _| self.recorder.is_assigned(*id));
        let known = self.known(open).await;
        let mut outcomes = Vec::new();
        for request in open.values() {
            let known = known.get(&request.partition).cloned().unwrap_or(KnownPosition::Nothing);
            outcomes.push((request.clone(), self.start(request.partition, known).await));
        }
        self.begin(&mut outcomes).await;
        for (request, outcome) in outcomes {
            self.settle(open, request, outcome);
        }
        match self.recorder.stopped_partitions()[..] {
            [] => self.readiness.met("partitions"),
            ref stopped => self.readiness.missing("partitions", format!("stopped: {stopped:?}")),
        }
    }

    /// Lets the table know where the partitions begin that were never archived, all in one commit.
    async fn begin(&self, outcomes: &mut [(StartRequest, Outcome)]) {
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
            Ok(()) => self.recorder.set_positions(&first),
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
    fn settle(
        &self,
        open: &mut HashMap<i32, StartRequest>,
        request: StartRequest,
        outcome: Outcome,
    ) {
        let id = request.partition;
        match outcome {
            Ok(Ok(start)) => {
                open.remove(&id);
                self.recorder.set_waiting(id, "starting");
                // The polling thread ends before this task only when the service ends.
                let _gone = self.answers.send(ResolvedStart { request, start });
            }
            Ok(Err(reason)) => {
                // From now on the lake has to say, which is where somebody decides.
                open.insert(id, StartRequest { reading: None, ..request });
                if self.recorder.set_stopped(id, &reason) {
                    tracing::error!(partition = id, reason, "the partition is stopped");
                }
            }
            Err(error) => {
                let reason = format!("{error:#}");
                if self.recorder.set_waiting(id, &reason) {
                    tracing::warn!(partition = id, reason, "no start position yet");
                }
            }
        }
    }
}
