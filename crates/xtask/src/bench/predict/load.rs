//! The load: `wrk` on the second processor.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::payloads::Payload;
use crate::{command, paths};

/// Duration of a load and number of rounds.
pub(super) struct Load {
    pub(super) seconds: u32,
    pub(super) rounds: u32,
}

/// The result of a load, printed by the script of `wrk`.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Measurement {
    pub(super) requests: f64,
    pub(super) duration_us: f64,
    /// Median latency, microseconds.
    pub(super) p50_us: f64,
    /// 99th percentile of the latency, microseconds.
    pub(super) p99_us: f64,
    failed: u64,
}

impl Measurement {
    pub(super) fn requests_per_s(&self) -> f64 {
        self.requests / self.duration_us * 1e6
    }
}

impl Load {
    /// Posts `payload` to `url` over so many `connections`.
    ///
    /// # Errors
    /// Returns an error if `wrk` fails or a response is not a success.
    pub(super) fn run(
        &self,
        url: &str,
        payload: &Payload,
        connections: u32,
    ) -> Result<Measurement> {
        wrk(url, payload, connections, self.seconds)
    }

    /// Warms a server up: modules are loaded and code is compiled on the first requests.
    pub(super) fn warm_up(&self, url: &str, payload: &Payload) -> Result<()> {
        wrk(url, payload, 8, 2).map(|_| ())
    }
}

fn wrk(url: &str, payload: &Payload, connections: u32, seconds: u32) -> Result<Measurement> {
    let script = paths::root().join("crates/xtask/python/serving/post.lua").display().to_string();
    let file = payload.file.display().to_string();
    let connections = format!("-c{connections}");
    let duration = format!("-d{seconds}s");
    let json_length = payload.json_length.map(|length| length.to_string());

    // `taskset` pins wrk; the arguments after `--` are those of the script.
    let mut args = vec!["-c", "1", "wrk", "-t1", &connections, &duration, "-s", &script, url, "--"];
    args.extend([file.as_str(), payload.content_type]);
    args.extend(json_length.as_deref());
    let text = command::output(&mut command::program("taskset", &paths::root(), &args))?;
    let last = text.lines().last().unwrap_or_default();
    let measurement: Measurement =
        serde_json::from_str(last).with_context(|| format!("wrk printed no result: {text}"))?;
    // A rejected request is fast; counting it would flatter the server.
    ensure!(measurement.failed == 0, "{} requests to {url} failed: {text}", measurement.failed);
    Ok(measurement)
}
