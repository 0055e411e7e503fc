//! The ends of partitions' logs, as their brokers know them.
//!
//! A broker may respond late or not at all. A thread of its own waits for it, so that no reading of
//! another partition does.

use std::{
    sync::mpsc::{self, Receiver, Sender, TryRecvError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, bail};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use vitals_core::runtime::{
    clock::now_ms,
    config::Settings,
    kafka::{self, QuietCallbacks},
};

/// Upper bound on a request for the end of a partition.
const TIMEOUT: Duration = Duration::from_millis(200);

/// A partition, and the offset after the last message that was read.
pub(super) type Request = (i32, i64);

/// The end of a partition's log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogEnd {
    pub(super) request: Request,
    /// The last stable offset: messages of open transactions are behind it.
    pub(super) stable: i64,
    /// The high watermark.
    pub(super) high: i64,
    /// Time of the request, ms since the epoch.
    pub(super) asked_ms: i64,
}

/// Requests that a thread makes, one list at a time.
pub(super) struct EndRequests {
    requests: Sender<Vec<Request>>,
    responses: Receiver<Vec<LogEnd>>,
    under_way: bool,
}

impl EndRequests {
    /// Starts the thread. It ends with the session.
    ///
    /// # Errors
    /// If a setting of the Kafka client is unusable, or no thread can be started.
    pub(super) fn start(settings: &Settings) -> anyhow::Result<Self> {
        let topic = settings.kafka.topics.vitals.clone();
        let clients = (client(settings, "read_committed")?, client(settings, "read_uncommitted")?);
        Self::start_with(move |request| log_end(&clients, &topic, request))
    }

    fn start_with(
        log_end: impl Fn(Request) -> Option<LogEnd> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (requests, inbox) = mpsc::channel::<Vec<Request>>();
        let (outbox, responses) = mpsc::channel();
        thread::Builder::new()
            .name("watch-log-ends".to_owned())
            .spawn(move || {
                for requests in inbox {
                    let ends = requests.into_iter().filter_map(&log_end);
                    if outbox.send(ends.collect()).is_err() {
                        return;
                    }
                }
            })
            .context("starting a thread")?;
        Ok(Self { requests, responses, under_way: false })
    }

    /// The ends that were found since the last call. Partitions whose brokers do not respond are
    /// missing.
    ///
    /// # Errors
    /// If the thread has panicked.
    pub(super) fn found(&mut self) -> anyhow::Result<Vec<LogEnd>> {
        match self.responses.try_recv() {
            Ok(ends) => {
                self.under_way = false;
                Ok(ends)
            }
            Err(TryRecvError::Empty) => Ok(Vec::new()),
            Err(TryRecvError::Disconnected) => bail!("the requests for the ends of logs panicked"),
        }
    }

    /// Requests the ends of partitions, unless the thread still waits for earlier ones.
    pub(super) fn request(&mut self, requests: Vec<Request>) {
        if !self.under_way && !requests.is_empty() {
            // `found` reports a thread that has ended.
            self.under_way = self.requests.send(requests).is_ok();
        }
    }
}

fn client(settings: &Settings, isolation: &str) -> anyhow::Result<BaseConsumer<QuietCallbacks>> {
    let mut config = kafka::reader_config(&settings.kafka, "consumer.watch");
    config.set("isolation.level", isolation);
    config.create_with_context(QuietCallbacks).context("settings: kafka")
}

/// `None` if the broker does not respond. In an outage the time of that partition stands still.
fn log_end(
    (committed, uncommitted): &(BaseConsumer<QuietCallbacks>, BaseConsumer<QuietCallbacks>),
    topic: &str,
    request: Request,
) -> Option<LogEnd> {
    let asked_ms = now_ms();
    let stable = kafka::watermarks(committed.client(), topic, request.0, TIMEOUT).ok()?.end;
    let high = kafka::watermarks(uncommitted.client(), topic, request.0, TIMEOUT).ok()?.end;
    Some(LogEnd { request, stable, high, asked_ms })
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn end(request: Request) -> LogEnd {
        LogEnd { request, stable: request.1, high: request.1, asked_ms: 5 }
    }

    /// Polls until a list of ends arrives.
    fn next_ends(ends: &mut EndRequests) -> Vec<LogEnd> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let found = ends.found().unwrap();
            if !found.is_empty() {
                return found;
            }
            assert!(Instant::now() < deadline, "no response");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_request_waits_for_the_response_to_the_one_before() {
        let (release, gate) = mpsc::channel::<()>();
        let mut ends = EndRequests::start_with(move |request| {
            gate.recv().ok()?;
            Some(end(request))
        })
        .unwrap();
        ends.request(vec![(0, 7)]);
        // The broker of the first one does not respond.
        ends.request(vec![(1, 8)]);
        assert_eq!(ends.found().unwrap(), []);
        release.send(()).unwrap();
        assert_eq!(next_ends(&mut ends), [end((0, 7))]);
        ends.request(vec![(1, 9)]);
        release.send(()).unwrap();
        assert_eq!(next_ends(&mut ends), [end((1, 9))], "the second request was dropped");
    }

    #[test]
    fn a_partition_that_does_not_respond_is_left_out() {
        let respond = |request: Request| (request.0 != 1).then(|| end(request));
        let mut ends = EndRequests::start_with(respond).unwrap();
        ends.request(vec![(0, 7), (1, 8), (2, 9)]);
        assert_eq!(next_ends(&mut ends), [end((0, 7)), end((2, 9))]);
    }

    #[test]
    fn a_thread_that_panics_is_an_error() {
        let mut ends = EndRequests::start_with(|_| panic!("a test")).unwrap();
        ends.request(vec![(0, 7)]);
        let deadline = Instant::now() + Duration::from_secs(10);
        while ends.found().is_ok() {
            assert!(Instant::now() < deadline);
            thread::sleep(Duration::from_millis(1));
        }
    }
}
