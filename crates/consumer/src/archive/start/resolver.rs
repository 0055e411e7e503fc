//! The task that resolves start positions.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::RetrySettings, readiness::Readiness};
use vitals_lake::position::Positions;

use super::{
    cluster_id::ClusterId,
    initial_offsets,
    known_position::{KnownPosition, PositionLookup},
    request::{ResolvedStart, StartError, StartPosition, StartRequest},
    watermarks::LogComparison,
};
use crate::archive::status::StatusRecorder;

/// The outcome of one request.
type Outcome = Result<StartPosition, StartError>;

/// The task that resolves start positions.
pub(crate) struct StartResolver {
    pub(crate) lookup: PositionLookup,
    pub(crate) comparison: LogComparison,
    pub(crate) cluster_id: Arc<ClusterId>,
    pub(crate) retry: RetrySettings,
    pub(crate) readiness: Readiness,
    pub(crate) recorder: StatusRecorder,
    pub(crate) resolved: mpsc::Sender<ResolvedStart>,
    pub(crate) shutdown: CancellationToken,
}

impl StartResolver {
    /// Resolves requests until shutdown. Open requests are retried with backoff.
    pub(crate) async fn run(
        self,
        mut requests: UnboundedReceiver<StartRequest>,
    ) -> anyhow::Result<()> {
        let mut open: HashMap<i32, StartRequest> = HashMap::new();
        let mut attempt = 0;
        loop {
            // Wait for a request, or for the next retry.
            let backoff = self.retry.backoff(attempt);
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(()),
                request = requests.recv() => match request {
                    Some(request) => { open.insert(request.partition, request); }
                    None => return Ok(()),
                },
                () = tokio::time::sleep(backoff), if !open.is_empty() => {}
            }
            while let Ok(request) = requests.try_recv() {
                open.insert(request.partition, request);
            }
            // Resolve all open requests together: one read of the table serves them all.
            let before = open.len();
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(()),
                () = self.resolve(&mut open) => {}
            }
            let progress = open.len() < before || open.is_empty();
            attempt = if progress { 0 } else { attempt + 1 };
        }
    }

    /// Resolves the requests that can be resolved now, and reports the obstacle to each other.
    async fn resolve(&self, open: &mut HashMap<i32, StartRequest>) {
        // Partitions revoked meanwhile need no start position.
        open.retain(|id, _| self.recorder.is_assigned(*id));

        // Lake and spool first, then Kafka's log.
        let known = self.lookup.look_up(open).await;
        let mut outcomes = Vec::new();
        for request in open.values() {
            let id = request.partition;
            let known = known.get(&id).cloned().unwrap_or(KnownPosition::Unknown);
            outcomes.push((request.clone(), self.comparison.start_position(id, known).await));
        }

        // New partitions need a position in the table before their first row is read.
        self.commit_initial_offsets(&mut outcomes).await;
        for (request, outcome) in outcomes {
            self.report(open, request, outcome);
        }
        self.update_readiness();
    }

    /// Commits the initial offsets of the partitions that were never archived, in one commit. If
    /// it fails, their requests stay open.
    async fn commit_initial_offsets(&self, outcomes: &mut [(StartRequest, Outcome)]) {
        let first: Positions = outcomes
            .iter()
            .filter_map(|(request, outcome)| Some((request.partition, first_offset(outcome)?)))
            .collect();
        if first.is_empty() {
            return;
        }
        match self.try_commit_initial_offsets(&first).await {
            Ok(()) => self.recorder.set_positions(&first),
            Err(error) => {
                for (_, outcome) in outcomes {
                    if first_offset(outcome).is_some() {
                        *outcome = Err(anyhow::anyhow!("{error:#}").into());
                    }
                }
            }
        }
    }

    async fn try_commit_initial_offsets(&self, first: &Positions) -> anyhow::Result<()> {
        let source = self.cluster_id.source().await?;
        initial_offsets::commit(&self.lookup.lake, self.lookup.table, &source, first).await
    }

    /// Sends the start position to the polling thread, or records the obstacle.
    fn report(
        &self,
        open: &mut HashMap<i32, StartRequest>,
        request: StartRequest,
        outcome: Outcome,
    ) {
        let id = request.partition;
        match outcome {
            Ok(start) => {
                open.remove(&id);
                self.recorder.set_waiting(id, "starting");
                // The polling thread ends before this task only at a shutdown.
                let _ended = self.resolved.send(ResolvedStart { request, start });
            }
            Err(StartError::Stopped(reason)) => {
                // Further attempts read the lake, where the operator's decision will appear.
                open.insert(id, StartRequest { current: None, ..request });
                let reason = reason.to_string();
                if self.recorder.set_stopped(id, &reason) {
                    tracing::error!(kafka.partition = id, reason, "partition stopped");
                }
            }
            Err(StartError::Unavailable(error)) => {
                let reason = format!("{error:#}");
                if self.recorder.set_waiting(id, &reason) {
                    tracing::warn!(kafka.partition = id, reason, "start position not available");
                }
            }
        }
    }

    fn update_readiness(&self) {
        let stopped = self.recorder.stopped_partitions();
        if stopped.is_empty() {
            self.readiness.met("partitions");
        } else {
            self.readiness.missing("partitions", format!("stopped: {stopped:?}"));
        }
    }
}

/// The first offset of a partition that has no position in the table yet.
fn first_offset(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Ok(start) if start.is_new => Some(start.fetch),
        _ => None,
    }
}
