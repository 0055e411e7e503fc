//! The task that resolves start positions.

use std::{
    collections::HashMap,
    sync::{Arc, mpsc},
};

use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;
use vitals_core::{domain::log_id::LogId, runtime::config::RetrySettings};
use vitals_lake::position::Positions;

use super::{
    cluster_id::ClusterId,
    initial_offsets,
    known_position::{KnownPosition, PositionLookup},
    request::{ResolvedStart, StartError, StartOutcome, StartRequest},
    stops,
    watermarks::{LogComparison, Outcome},
};
use crate::archive::status::StatusRecorder;

/// The task that resolves start positions.
pub(crate) struct StartResolver {
    pub(crate) lookup: PositionLookup,
    pub(crate) comparison: LogComparison,
    pub(crate) cluster_id: Arc<ClusterId>,
    pub(crate) retry: RetrySettings,
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
        let mut known = self.lookup.look_up(open).await;
        let known = open.keys().map(|id| (*id, known.remove(id).unwrap_or(KnownPosition::Unknown)));
        let known: Vec<_> = known.collect();
        let logs: HashMap<i32, LogId> =
            known.iter().filter_map(|(id, known)| Some((*id, known.log()?.clone()))).collect();
        let compared = self.comparison.start_positions(known).await;
        let mut outcomes = Vec::new();
        for (id, outcome) in compared {
            let Some(request) = open.get(&id) else { continue };
            outcomes.push((request.clone(), keep_stop(request, logs.get(&id), outcome)));
        }
        self.record_stops(&mut outcomes, &logs).await;

        // New partitions need a position in the table before their first row is read.
        self.commit_initial_offsets(&mut outcomes).await;
        for (request, outcome) in outcomes {
            self.report(open, request, outcome);
        }
    }

    /// Commits the stops that are new, so that they outlive this process. Until that succeeds,
    /// their requests remember them.
    async fn record_stops(
        &self,
        outcomes: &mut [(StartRequest, Outcome)],
        logs: &HashMap<i32, LogId>,
    ) {
        let mut stopped = Vec::new();
        for (request, outcome) in outcomes {
            if let Err(StartError::Stopped(reason)) = outcome
                && reason.is_new()
                && let Some(log) = logs.get(&request.partition)
            {
                request.stop = Some((log.clone(), reason.clone()));
                stopped.push((log.clone(), request.partition));
            }
        }
        if stopped.is_empty() {
            return;
        }
        if let Err(error) = self.try_record_stops(&stopped).await {
            tracing::warn!(error = format!("{error:#}"), "failed to record stops in the table");
        }
    }

    async fn try_record_stops(&self, stopped: &[(LogId, i32)]) -> anyhow::Result<()> {
        let source = self.cluster_id.source().await?;
        let table = self.lookup.table.open().await?;
        stops::commit(&self.lookup.lake, table, &source, stopped).await
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
        let table = self.lookup.table.open().await?;
        initial_offsets::commit(&self.lookup.lake, table, &source, first).await
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
                let outcome = StartOutcome::Start(start);
                let _ended = self.resolved.send(ResolvedStart { request, outcome });
            }
            Err(StartError::Stopped(reason)) => {
                // A partition that is being read must not be read on.
                if request.current.is_some() {
                    let stopped =
                        ResolvedStart { request: request.clone(), outcome: StartOutcome::Stopped };
                    let _ended = self.resolved.send(stopped);
                }
                // Further attempts read the lake, where the operator's decision will appear.
                open.insert(id, StartRequest { current: None, ..request });
                let reason = reason.to_string();
                if self.recorder.set_stopped(id, &reason) {
                    tracing::error!(kafka.partition = id, reason, "partition stopped");
                }
            }
            Err(StartError::Unavailable(error)) => {
                let reason = format!("{error:#}");
                if self.recorder.set_unavailable(id, &reason) {
                    tracing::warn!(kafka.partition = id, reason, "start position not available");
                }
            }
        }
    }
}

/// The outcome of a request, unless its log was stopped: only another log ends a stop.
fn keep_stop(request: &StartRequest, log: Option<&LogId>, outcome: Outcome) -> Outcome {
    match &request.stop {
        Some((stopped, reason)) if log == Some(stopped) => Err(StartError::Stopped(reason.clone())),
        _ => outcome,
    }
}

/// The first offset of a partition that has no position in the table yet.
fn first_offset(outcome: &Outcome) -> Option<i64> {
    match outcome {
        Ok(start) if start.is_new => Some(start.fetch),
        _ => None,
    }
}
