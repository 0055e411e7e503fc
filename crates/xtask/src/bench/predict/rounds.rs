//! What a server did in its rounds.

use anyhow::Result;

use super::load::{Load, Measured};
use super::payloads::Payload;
use super::servers::Server;

/// Connections of the load.
const MANY: u32 = 64;

/// The rounds of one server.
#[derive(Default)]
pub(super) struct Rounds {
    single: Vec<Measured>,
    many: Vec<Measured>,
    cpu_s: f64,
    peak_rss_mib: f64,
}

impl Rounds {
    /// One connection, then many.
    pub(super) fn take(
        &mut self,
        load: &Load,
        server: &Server,
        url: &str,
        payload: &Payload,
    ) -> Result<()> {
        self.single.push(load.run(url, payload, 1)?);
        let before = server.usage();
        self.many.push(load.run(url, payload, MANY)?);
        let after = server.usage();
        self.cpu_s += after.cpu_s - before.cpu_s;
        self.peak_rss_mib = after.peak_rss_mib;
        Ok(())
    }

    /// Requests a second, their median with one connection and their 99th percentile with many
    /// (each the median of the rounds, microseconds), MiB, processor time a request in microseconds.
    pub(super) fn row(&self) -> [f64; 5] {
        let requests: f64 = self.many.iter().map(|round| round.requests).sum();
        let duration_us: f64 = self.many.iter().map(|round| round.duration_us).sum();
        [
            requests / duration_us * 1e6,
            median(self.single.iter().map(|round| round.p50_us)),
            median(self.many.iter().map(|round| round.p99_us)),
            self.peak_rss_mib,
            self.cpu_s * 1e6 / requests,
        ]
    }
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
