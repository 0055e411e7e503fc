//! Requests for the states of patients who move.
//!
//! A partition of `patient-status` may not respond. A thread of its own waits for it, so that no
//! reading of another patient does.

use std::{
    sync::mpsc::{self, Receiver, Sender, TryRecvError},
    thread,
};

use anyhow::{Context as _, bail};
use vitals_core::{domain::watch::StatusMessage, runtime::config::Settings};

use super::{state_fetcher::StateFetcher, state_fetches::StateFetches};

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
            .spawn(move || StateFetches::new(fetch, outbox).run(&inbox))
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_thread_that_panics_is_an_error() {
        let requests = StateRequests::start_with(|_| panic!("a test")).unwrap();
        requests.send(Request { patient_id: "a".to_owned(), at: (0, 7) });
        let deadline = Instant::now() + Duration::from_secs(10);
        while requests.found().is_ok() {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(1));
        }
    }
}
