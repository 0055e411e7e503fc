//! Requests for the states of patients who move.
//!
//! A partition of `patient-status` may not respond. A thread of its own waits for it, so that no
//! reading of another patient does.

use std::{
    collections::BTreeMap,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use vitals_core::{domain::watch::StatusMessage, runtime::config::Settings};

use super::state_fetcher::StateFetcher;

/// Time for which a partition is left alone after it did not respond.
const BACKOFF: Duration = Duration::from_secs(2);

/// The state of a patient, by its partition and offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) patient_id: String,
    pub(super) at: (i32, i64),
}

/// The response to a request. A request that has failed is repeated; it reports one failure, then
/// the state.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) request: Request,
    /// `None` for a tombstone, a removed message, and a state of another release.
    pub(super) outcome: Result<Option<StatusMessage>, String>,
}

/// Requests that a thread makes one after another.
pub(super) struct StateRequests {
    requests: Sender<Request>,
    responses: Receiver<Response>,
}

impl StateRequests {
    /// Starts the thread. It ends with this value.
    ///
    /// # Errors
    /// If no thread can be started.
    pub(super) fn start(settings: &Settings) -> anyhow::Result<Self> {
        let settings = settings.clone();
        let mut fetcher: Option<StateFetcher> = None;
        Self::start_with(move |(partition, offset)| {
            let fetcher = match &mut fetcher {
                Some(fetcher) => fetcher,
                absent => absent.insert(StateFetcher::new(&settings)?),
            };
            fetcher.fetch(partition, offset)
        })
    }

    fn start_with<F>(fetch: F) -> anyhow::Result<Self>
    where
        F: FnMut((i32, i64)) -> anyhow::Result<Option<Vec<u8>>> + Send + 'static,
    {
        let (requests, inbox) = mpsc::channel();
        let (outbox, responses) = mpsc::channel();
        thread::Builder::new()
            .name("watch-states".to_owned())
            .spawn(move || Fetching::new(fetch, outbox).run(&inbox))
            .context("starting a thread")?;
        Ok(Self { requests, responses })
    }

    /// Requests a state.
    pub(super) fn send(&self, request: Request) {
        // `found` reports a thread that has ended.
        drop(self.requests.send(request));
    }

    /// The responses since the last call.
    ///
    /// # Errors
    /// If the thread has panicked.
    pub(super) fn found(&self) -> anyhow::Result<Vec<Response>> {
        let mut found = Vec::new();
        loop {
            match self.responses.try_recv() {
                Ok(response) => found.push(response),
                Err(TryRecvError::Empty) => return Ok(found),
                Err(TryRecvError::Disconnected) => bail!("the requests for states panicked"),
            }
        }
    }
}

/// The thread's work.
struct Fetching<F> {
    fetch: F,
    outbox: Sender<Response>,
    /// Requests without a state, and true for those that have reported a failure.
    waiting: Vec<(Request, bool)>,
    /// The partitions that did not respond: the failure, and the end of the backoff.
    failed: BTreeMap<i32, (String, Instant)>,
}

impl<F: FnMut((i32, i64)) -> anyhow::Result<Option<Vec<u8>>>> Fetching<F> {
    const fn new(fetch: F, outbox: Sender<Response>) -> Self {
        Self { fetch, outbox, waiting: Vec::new(), failed: BTreeMap::new() }
    }

    /// Responds until no request can follow.
    fn run(mut self, inbox: &Receiver<Request>) {
        loop {
            let received = if self.waiting.is_empty() {
                inbox.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                inbox.recv_timeout(BACKOFF)
            };
            match received {
                Ok(request) => self.waiting.push((request, false)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.waiting.extend(inbox.try_iter().map(|request| (request, false)));
            if !self.pass() {
                return;
            }
        }
    }

    /// Fetches every state whose partition is not left alone. Returns false if the session has
    /// ended.
    fn pass(&mut self) -> bool {
        let now = Instant::now();
        self.failed.retain(|_, (_, until)| *until > now);
        for (request, has_reported) in std::mem::take(&mut self.waiting) {
            let outcome = self.outcome(request.at);
            let has_failed = outcome.is_err();
            if has_failed {
                self.waiting.push((request.clone(), true));
            }
            let is_news = !(has_failed && has_reported);
            if is_news && self.outbox.send(Response { request, outcome }).is_err() {
                return false;
            }
        }
        true
    }

    fn outcome(&mut self, at: (i32, i64)) -> Result<Option<StatusMessage>, String> {
        if let Some((error, _)) = self.failed.get(&at.0) {
            return Err(error.clone());
        }
        match (self.fetch)(at) {
            Ok(payload) => Ok(payload.and_then(|it| serde_json::from_slice(&it).ok())),
            Err(error) => {
                let error = format!("{error:#}");
                self.failed.insert(at.0, (error.clone(), Instant::now() + BACKOFF));
                Err(error)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    fn request(patient_id: &str, partition: i32) -> Request {
        Request { patient_id: patient_id.to_owned(), at: (partition, 7) }
    }

    /// The patients of the responses of a pass, and true for a failure.
    fn responses(outbox: &Receiver<Response>) -> Vec<(String, bool)> {
        let responses = outbox.try_iter();
        responses.map(|it| (it.request.patient_id, it.outcome.is_err())).collect()
    }

    #[test]
    fn a_partition_that_does_not_respond_delays_no_other_and_is_asked_again() {
        let (outbox, responses_of) = mpsc::channel();
        let mut asked = Vec::new();
        let is_offline = std::cell::Cell::new(true);
        let fetch = |(partition, _): (i32, i64)| {
            asked.push(partition);
            if partition == 1 && is_offline.get() { Err(anyhow!("offline")) } else { Ok(None) }
        };
        let mut fetching = Fetching::new(fetch, outbox);
        for (patient, partition) in [("a", 1), ("b", 1), ("c", 0)] {
            fetching.waiting.push((request(patient, partition), false));
        }
        assert!(fetching.pass());
        let of_patient = |id: &str, failed| (id.to_owned(), failed);
        let expected = [of_patient("a", true), of_patient("b", true), of_patient("c", false)];
        assert_eq!(responses(&responses_of), expected);
        // Each reports one failure, and the partition is left alone for a while.
        assert!(fetching.pass());
        assert_eq!(responses(&responses_of), []);
        is_offline.set(false);
        fetching.failed.clear();
        assert!(fetching.pass());
        assert_eq!(responses(&responses_of), [of_patient("a", false), of_patient("b", false)]);
        assert!(fetching.waiting.is_empty());
        drop(fetching);
        assert_eq!(asked, [1, 0, 1, 1]);
    }

    #[test]
    fn a_thread_that_panics_is_an_error() {
        let requests = StateRequests::start_with(|_| panic!("a test")).unwrap();
        requests.send(request("a", 0));
        let deadline = Instant::now() + Duration::from_secs(10);
        while requests.found().is_ok() {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(1));
        }
    }
}
