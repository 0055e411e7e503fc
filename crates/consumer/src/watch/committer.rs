//! Commits of offsets, one at a time.
//!
//! The group's coordinator may respond late. A thread of its own waits for it, so that no reading does.

use std::{
    sync::{
        Arc,
        mpsc::{self, Receiver, Sender, TryRecvError},
    },
    thread::{self, JoinHandle},
};

use anyhow::{Context as _, anyhow};
use rdkafka::{
    TopicPartitionList,
    consumer::{CommitMode, Consumer as _},
    error::KafkaResult,
};

use super::client::Client;

/// Commits on a thread that ends with the session.
pub(super) struct Committer {
    requests: Option<Sender<TopicPartitionList>>,
    responses: Receiver<KafkaResult<()>>,
    thread: Option<JoinHandle<()>>,
    under_way: Option<TopicPartitionList>,
}

/// The response to a commit.
pub(super) struct CommitResponse {
    pub(super) offsets: TopicPartitionList,
    pub(super) outcome: KafkaResult<()>,
}

impl Committer {
    /// # Errors
    /// If no thread can be started.
    pub(super) fn start(client: Arc<Client>) -> anyhow::Result<Self> {
        // An asynchronous commit would not report its failure.
        Self::start_with(move |offsets| client.commit(offsets, CommitMode::Sync))
    }

    fn start_with(
        commit: impl Fn(&TopicPartitionList) -> KafkaResult<()> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (requests, inbox) = mpsc::channel::<TopicPartitionList>();
        let (outbox, responses) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("watch-commits".to_owned())
            .spawn(move || {
                for offsets in inbox {
                    if outbox.send(commit(&offsets)).is_err() {
                        return;
                    }
                }
            })
            .context("starting a thread")?;
        let requests = Some(requests);
        Ok(Self { requests, responses, thread: Some(thread), under_way: None })
    }

    /// Returns true if a commit has no response yet.
    pub(super) const fn is_busy(&self) -> bool {
        self.under_way.is_some()
    }

    /// Starts a commit. The caller has taken the response to the one before.
    pub(super) fn send(&mut self, offsets: TopicPartitionList) {
        if let Some(requests) = &self.requests {
            // A thread that has ended is an error of the next `poll` or `wait`.
            drop(requests.send(offsets.clone()));
        }
        self.under_way = Some(offsets);
    }

    /// The response that has arrived since the last call.
    ///
    /// # Errors
    /// If the thread has panicked.
    pub(super) fn poll(&mut self) -> anyhow::Result<Option<CommitResponse>> {
        match self.responses.try_recv() {
            Ok(outcome) => Ok(self.finish(outcome)),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(anyhow!("the commits panicked")),
        }
    }

    /// Waits for the commit under way, if there is any.
    ///
    /// # Errors
    /// If the thread has panicked.
    pub(super) fn wait(&mut self) -> anyhow::Result<Option<CommitResponse>> {
        if !self.is_busy() {
            return Ok(None);
        }
        let outcome = self.responses.recv().context("the commits panicked")?;
        Ok(self.finish(outcome))
    }

    fn finish(&mut self, outcome: KafkaResult<()>) -> Option<CommitResponse> {
        self.under_way.take().map(|offsets| CommitResponse { offsets, outcome })
    }
}

/// Waits for the thread: the client must not be closed during a commit.
impl Drop for Committer {
    fn drop(&mut self) {
        self.requests = None;
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::warn!("the commits panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use rdkafka::{Offset, error::KafkaError, types::RDKafkaErrorCode};

    use super::*;

    fn offsets(offset: i64) -> TopicPartitionList {
        let mut offsets = TopicPartitionList::new();
        offsets.add_partition_offset("vitals", 0, Offset::Offset(offset)).unwrap();
        offsets
    }

    #[test]
    fn a_commit_is_under_way_until_the_coordinator_responds() {
        let (release, gate) = mpsc::channel::<()>();
        let mut committer = Committer::start_with(move |_| {
            gate.recv().unwrap();
            Ok(())
        })
        .unwrap();
        assert!(committer.wait().unwrap().is_none());
        committer.send(offsets(7));
        assert!(committer.poll().unwrap().is_none());
        assert!(committer.is_busy());
        release.send(()).unwrap();
        let response = committer.wait().unwrap().unwrap();
        assert_eq!((response.offsets, response.outcome), (offsets(7), Ok(())));
        assert!(!committer.is_busy());
    }

    #[test]
    fn a_failure_is_the_outcome_of_its_commit() {
        let code = RDKafkaErrorCode::RebalanceInProgress;
        let mut committer =
            Committer::start_with(move |_| Err(KafkaError::ConsumerCommit(code))).unwrap();
        committer.send(offsets(7));
        let response = committer.wait().unwrap().unwrap();
        assert_eq!(response.outcome, Err(KafkaError::ConsumerCommit(code)));
    }

    #[test]
    fn a_thread_that_panics_is_an_error() {
        let mut committer = Committer::start_with(|_| panic!("a test")).unwrap();
        committer.send(offsets(7));
        let deadline = Instant::now() + Duration::from_secs(10);
        while committer.poll().is_ok() {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(1));
        }
        assert!(committer.wait().is_err());
    }
}
