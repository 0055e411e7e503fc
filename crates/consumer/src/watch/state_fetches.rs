//! The work of the thread that reads single states.

use std::{
    collections::BTreeMap,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use vitals_core::domain::watch::StatusMessage;

use super::state_requests::{Request, Response};

/// Time for which a partition is left alone after it did not respond.
const BACKOFF: Duration = Duration::from_secs(2);

/// Fetches the requested states one after another. Requests that fail are repeated.
pub(super) struct StateFetches<F> {
    fetch: F,
    outbox: Sender<Response>,
    /// Requests without a state, and true for those that have reported a failure.
    waiting: Vec<(Request, bool)>,
    /// The partitions that did not respond: the failure, and the end of the backoff.
    failed: BTreeMap<i32, (String, Instant)>,
}

impl<F: FnMut((i32, i64)) -> anyhow::Result<Option<Vec<u8>>>> StateFetches<F> {
    pub(super) const fn new(fetch: F, outbox: Sender<Response>) -> Self {
        Self { fetch, outbox, waiting: Vec::new(), failed: BTreeMap::new() }
    }

    /// Responds until no request can follow.
    pub(super) fn run(mut self, inbox: &Receiver<Request>) {
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
    use std::sync::mpsc;

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
        let mut fetching = StateFetches::new(fetch, outbox);
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
}
