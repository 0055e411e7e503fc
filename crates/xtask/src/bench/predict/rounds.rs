//! The rounds of a server: measurements with one connection and with many.

use anyhow::Result;

use super::load::{Load, Measurement};
use super::payloads::Payload;
use super::servers::Server;

/// Connections of the throughput measurement.
const MANY_CONNECTIONS: u32 = 64;

/// The rounds of one server.
#[derive(Default)]
pub(super) struct Rounds {
    one_connection: Vec<Measurement>,
    many_connections: Vec<Measurement>,
    cpu_s: f64,
    peak_rss_mib: f64,
}

/// The results of a server over all rounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Summary {
    /// Requests per second with many connections.
    pub(super) requests_per_s: f64,
    /// Median latency with one connection, microseconds; median of the rounds.
    pub(super) p50_us: f64,
    /// 99th percentile of the latency with many connections, microseconds; median of the rounds.
    pub(super) p99_us: f64,
    /// Peak resident memory, MiB.
    pub(super) peak_rss_mib: f64,
    /// Processor time per request with many connections, microseconds.
    pub(super) cpu_us_per_request: f64,
}

impl Rounds {
    /// Measures one round: first with one connection, then with many.
    pub(super) fn measure(
        &mut self,
        load: &Load,
        server: &Server,
        url: &str,
        payload: &Payload,
    ) -> Result<()> {
        self.one_connection.push(load.run(url, payload, 1)?);
        // Processor time counts only the requests of this load.
        let before = server.usage();
        self.many_connections.push(load.run(url, payload, MANY_CONNECTIONS)?);
        let after = server.usage();
        self.cpu_s += after.cpu_s - before.cpu_s;
        self.peak_rss_mib = after.peak_rss_mib;
        Ok(())
    }

    pub(super) fn summary(&self) -> Summary {
        let requests: f64 = self.many_connections.iter().map(|round| round.requests).sum();
        let duration_us: f64 = self.many_connections.iter().map(|round| round.duration_us).sum();
        Summary {
            // Over all rounds; latencies are medians, which outliers don't distort.
            requests_per_s: requests / duration_us * 1e6,
            p50_us: median(self.one_connection.iter().map(|round| round.p50_us)),
            p99_us: median(self.many_connections.iter().map(|round| round.p99_us)),
            peak_rss_mib: self.peak_rss_mib,
            cpu_us_per_request: self.cpu_s * 1e6 / requests,
        }
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
