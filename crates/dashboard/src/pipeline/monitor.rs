//! Polls every service at an interval and keeps the reports.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::future::join_all;
use reqwest::Client;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{clock::now_ms, config::DashboardSettings};

use super::{
    counter::Counter,
    probe,
    prometheus::sum,
    trends::{Sample, Trends},
};
use crate::{
    live::Hub,
    wire::{Archive, Pipeline, PipelineFigure, ServiceReport},
};

/// Polling interval.
const INTERVAL: Duration = Duration::from_secs(5);

/// A counter of a service, and the figure that its rate contributes to.
const COUNTERS: [(&str, &str, PipelineFigure); 3] = [
    ("producer", "vitals_producer_delivered_total", PipelineFigure::Produced),
    ("consumer", "vitals_archive_consumed_total", PipelineFigure::Archived),
    ("model-server", "vitals_model_server_predictions_total", PipelineFigure::Predictions),
];

/// The services of the pipeline, polled by one task for all pages.
#[derive(Debug)]
pub struct Monitor {
    hub: Arc<Hub>,
    client: Client,
    /// Name and address of each service.
    services: Vec<(&'static str, String)>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    services: Vec<ServiceReport>,
    archives: Vec<Archive>,
    trends: Trends,
    /// By address and name.
    counters: HashMap<(String, &'static str), Counter>,
}

/// The responses of one service.
struct Responses {
    report: ServiceReport,
    archive: Option<Archive>,
    metrics: Option<String>,
}

impl Monitor {
    /// A monitor of the services in `settings`.
    ///
    /// # Errors
    /// If the HTTP client cannot be created.
    pub fn new(hub: Arc<Hub>, settings: &DashboardSettings) -> reqwest::Result<Self> {
        let mut services = Vec::new();
        for (service, urls) in [
            ("producer", &settings.producer_urls),
            ("consumer", &settings.consumer_urls),
            ("model-server", &settings.model_server_url),
        ] {
            let urls = urls.split(',').map(|url| url.trim().trim_end_matches('/'));
            services
                .extend(urls.filter(|url| !url.is_empty()).map(|url| (service, url.to_owned())));
        }
        Ok(Self { hub, client: probe::client()?, services, state: Mutex::default() })
    }

    /// Polls the services at the interval until `shutdown`.
    ///
    /// # Errors
    /// Never: a service that does not respond is a report.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) -> anyhow::Result<()> {
        let mut timer = interval(INTERVAL);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let polling = async {
            loop {
                timer.tick().await;
                self.poll().await;
            }
        };
        shutdown.run_until_cancelled(polling).await.unwrap_or(Ok(()))
    }

    /// The pipeline as of the last reports.
    #[must_use]
    pub fn pipeline(&self) -> Pipeline {
        let state = self.state();
        Pipeline {
            server_time_ms: now_ms(),
            interval_ms: u64::try_from(INTERVAL.as_millis()).unwrap_or(u64::MAX),
            services: state.services.clone(),
            archives: state.archives.clone(),
            patients: self.hub.patients(),
            browsers: self.hub.browsers(),
            trend_times_ms: state.trends.times(),
            trends: state.trends.trends(),
        }
    }

    async fn poll(&self) {
        let started_ms = now_ms();
        // Before the requests: one that times out would move the ward's window of 5 s past this time.
        let own = self.own_figures(started_ms);
        let polled =
            self.services.iter().map(|(service, url)| self.poll_one(service, url, started_ms));
        // At the same time, so that one service that hangs delays no other report.
        let responses = join_all(polled).await;
        self.state().apply(responses, own, started_ms);
    }

    async fn poll_one(&self, service: &str, url: &str, now_ms: i64) -> Responses {
        let status = async {
            match service {
                "consumer" => probe::archive(&self.client, url).await,
                _ => None,
            }
        };
        let (report, archive, metrics) = tokio::join!(
            probe::readiness(&self.client, service, url, now_ms),
            status,
            probe::metrics(&self.client, url),
        );
        Responses { report, archive, metrics }
    }

    fn own_figures(&self, now_ms: i64) -> Sample {
        let mut sample =
            Sample::from([(PipelineFigure::Readings, self.hub.readings_per_s(now_ms))]);
        if let Some(newest) = self.hub.newest_arrival_ms() {
            #[expect(clippy::cast_precision_loss, reason = "an age is far below 2^53 ms")]
            sample.insert(PipelineFigure::NewestAge, now_ms.saturating_sub(newest).max(0) as f64);
        }
        sample
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn apply(&mut self, responses: Vec<Responses>, mut sample: Sample, now_ms: i64) {
        // Rates first: a counter belongs to the service of the same response.
        for Responses { report, metrics, .. } in &responses {
            let Some(text) = metrics else { continue };
            for (service, counter, figure) in COUNTERS {
                if report.service != service {
                    continue;
                }
                let Some(value) = sum(text, counter) else { continue };
                let counter = self.counters.entry((report.url.clone(), counter)).or_default();
                if let Some(rate) = counter.rate(now_ms, value) {
                    *sample.entry(figure).or_default() += rate;
                }
            }
        }
        let mut services = Vec::new();
        let mut archives = Vec::new();
        for Responses { mut report, archive, .. } in responses {
            // A service that is down keeps the time of its last response.
            let earlier = self.services.iter().find(|one| one.url == report.url);
            report.responded_ms =
                report.responded_ms.or_else(|| earlier.and_then(|one| one.responded_ms));
            services.push(report);
            archives.extend(archive);
        }
        add_archives(&archives, &mut sample);
        self.services = services;
        self.archives = archives;
        self.trends.add(now_ms, sample);
    }
}

/// Adds the figures of the consumers.
fn add_archives(archives: &[Archive], sample: &mut Sample) {
    let topics: Vec<_> = archives.iter().flat_map(|archive| &archive.topics).collect();
    if topics.is_empty() {
        return;
    }
    let lags = topics.iter().flat_map(|topic| &topic.partitions).filter_map(|one| one.lag);
    let spooled: u64 = topics.iter().map(|topic| topic.spool.batches).sum();
    #[expect(clippy::cast_precision_loss, reason = "a sparkline needs no exact counts above 2^53")]
    {
        sample.insert(PipelineFigure::Lag, lags.sum::<i64>() as f64);
        sample.insert(PipelineFigure::Spooled, spooled as f64);
    }
    // Before the first commit there is no batch whose delay could be shown.
    let readings =
        topics.iter().filter(|topic| topic.table == "vitals" && topic.commit.age_s.is_some());
    if let Some(delay_ms) = readings.map(|topic| topic.commit.batch_age_ms).max() {
        #[expect(clippy::cast_precision_loss, reason = "a delay is far below 2^53 ms")]
        sample.insert(PipelineFigure::LakeDelay, delay_ms as f64);
    }
}

#[cfg(test)]
mod tests {
    use vitals_core::{
        domain::{decode::Decoded, reading::Reading},
        runtime::readiness::Readiness,
    };

    use super::*;
    use crate::{ward::Ward, wire::LiveSettings};

    #[test]
    fn the_age_of_the_newest_reading_is_any_length_of_time() {
        let settings =
            LiveSettings { heartbeat_ms: 1, trend_points: 1, patient_silent_after_ms: 1 };
        let longest_ms = 2.0_f64.powi(63);
        let cases =
            [(i64::MIN, longest_ms), (-1, 8.0), (0, 7.0), (5, 2.0), (8, 0.0), (i64::MAX, 0.0)];
        for (arrival_ms, age_ms) in cases {
            let ward = Ward::new(1, 1);
            let hub = Hub::new(ward, Readiness::default(), settings, Duration::from_secs(1));
            hub.restore(&Decoded::new(Reading::new("p", 0)), arrival_ms);
            let monitor = Monitor::new(Arc::new(hub), &DashboardSettings::default()).unwrap();
            let figures = monitor.own_figures(7);
            assert_eq!(figures[&PipelineFigure::NewestAge], age_ms, "{arrival_ms}");
        }
    }
}
