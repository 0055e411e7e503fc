//! The load: `wrk` on the second processor.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::payloads::Payload;
use crate::{command, paths};

/// How long, and how often.
pub(super) struct Load {
    pub(super) seconds: u32,
    pub(super) rounds: u32,
}

/// What came back.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(super) struct Measured {
    pub(super) requests: f64,
    pub(super) duration_us: f64,
    /// Half of the requests took longer, microseconds.
    pub(super) p50_us: f64,
    /// One in a hundred took longer, microseconds.
    pub(super) p99_us: f64,
    failed: u64,
}

impl Measured {
    pub(super) fn per_s(&self) -> f64 {
        self.requests / self.duration_us * 1e6
    }
}

impl Load {
    /// Posts `payload` to `url` with so many connections.
    ///
    /// # Errors
    /// When `wrk` fails, or any answer is not a success.
    pub(super) fn run(&self, url: &str, payload: &Payload, connections: u32) -> Result<Measured> {
        wrk(url, payload, connections, self.seconds)
    }

    /// Until everything is loaded and compiled that is only loaded and compiled when needed.
    pub(super) fn warm_up(&self, url: &str, payload: &Payload) -> Result<()> {
        wrk(url, payload, 8, 2).map(|_| ())
    }
}

fn wrk(url: &str, payload: &Payload, connections: u32, seconds: u32) -> Result<Measured> {
    let script = paths::root().join("crates/xtask/python/serving/post.lua");
    let (script, file) = (script.display().to_string(), payload.file.display().to_string());
    let (connections, duration) = (format!("-c{connections}"), format!("-d{seconds}s"));
    let length = payload.json_length.map(|length| length.to_string());
    let mut args = vec!["-c", "1", "wrk", "-t1", &connections, &duration, "-s", &script, url, "--"];
    args.extend([file.as_str(), payload.kind]);
    args.extend(length.as_deref());
    let text = command::output(&mut command::program("taskset", &paths::root(), &args))?;
    let last = text.lines().last().unwrap_or_default();
    let measured: Measured =
        serde_json::from_str(last).with_context(|| format!("wrk did not say: {text}"))?;
    ensure!(measured.failed == 0, "{} requests to {url} failed: {text}", measured.failed);
    Ok(measured)
}
