//! The figures of a trial.

use std::time::Duration;

use crate::say;
use crate::terminal::{Colour, paint};

/// Limits of what an image adds to its base image, MB.
pub(super) const LAYER_LIMITS_MB: [(&str, u64); 4] =
    [("producer", 40), ("model-server", 40), ("consumer", 150), ("dashboard", 150)];

/// What the trial measured.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) build: Duration,
    /// Bytes above the base image, per service.
    pub(super) layers: Vec<(&'static str, u64)>,
    /// From `up` to the first reading on the dashboard's stream.
    pub(super) first_reading: Duration,
    /// From `up` until the independent reader found rows.
    pub(super) first_rows: Duration,
    /// From the kill to health, per service.
    pub(super) recoveries: Vec<(&'static str, Duration)>,
    pub(super) scaling: String,
    /// Messages that the final comparison found once in the table, with their values.
    pub(super) compared: u64,
}

impl Report {
    pub(super) fn print(&self) {
        say!("\n{}", paint(Colour::Blue, "== the containers"));
        say!("  images built in {:.0} s", self.build.as_secs_f64());
        for (service, bytes) in &self.layers {
            say!("  {service:<13} {:>6.1} MB above its base image", megabytes(*bytes));
        }
        let first = self.first_reading.as_secs_f64();
        say!("  first reading on the page {first:.1} s after `up`");
        say!("  rows in HDFS, read by another reader: {:.1} s", self.first_rows.as_secs_f64());
        for (service, took) in &self.recoveries {
            say!("  {service:<13} killed, healthy after {:.1} s", took.as_secs_f64());
        }
        say!("  {}", self.scaling);
        say!("  after `down` and `up`: {} messages, each stored once", self.compared);
    }
}

#[expect(clippy::cast_precision_loss, reason = "image sizes are far below 2^52")]
pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
