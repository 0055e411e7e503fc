//! When a recorded row is sent, and which time it carries.

use std::time::Duration;

use anyhow::ensure;

use super::recording::Row;
use crate::{cli::ReplayArgs, source::Now};

/// Which time a reading carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    /// The recorded one.
    Recorded,
    /// The recorded one, moved so that the first row is at this time.
    From(i64),
    /// The one at which it is sent.
    Sent,
    /// The recorded one, moved so that the last row is at the time of the start.
    EndsNow,
}

/// The times of a recording.
#[derive(Debug)]
pub(super) struct Timeline {
    stamp: Stamp,
    speed: f64,
    first_ms: i64,
    last_ms: i64,
    /// Between the starts of two rounds.
    round_ms: i64,
    /// The wall clock at the start.
    started_ms: Option<i64>,
}

impl Timeline {
    /// The timeline that `args` ask for; `dated` is whether the file's times are dates.
    pub(super) fn new(args: &ReplayArgs, dated: bool, rows: &[Row]) -> anyhow::Result<Self> {
        let times = || rows.iter().map(|row| row.time_ms);
        let (first_ms, last_ms) = (times().min().unwrap_or(0), times().max().unwrap_or(0));
        let stamp = match args.start_ms {
            Some(start_ms) => Stamp::From(start_ms),
            None if dated && !args.now => Stamp::Recorded,
            None if args.speed > 0.0 => Stamp::Sent,
            None => Stamp::EndsNow,
        };
        ensure!(
            !args.repeat || stamp != Stamp::EndsNow,
            "--loop and --speed 0 need --start-ms: a recording that ends now ends once"
        );
        // The last row is followed by the first after as long as rows follow one another.
        let span_ms = last_ms - first_ms;
        let step_ms = span_ms / i64::try_from(rows.len())?.saturating_sub(1).max(1);
        let round_ms = span_ms + step_ms.max(1);
        Ok(Self { stamp, speed: args.speed, first_ms, last_ms, round_ms, started_ms: None })
    }

    /// When the row recorded at `recorded_ms` is due in `round` (from 0), and its time, ms since
    /// the Unix epoch.
    pub(super) fn at(&mut self, recorded_ms: i64, round: u64, now: Now) -> (Duration, i64) {
        let started_ms = *self.started_ms.get_or_insert(now.wall_ms);
        let round = i64::try_from(round).unwrap_or(i64::MAX);
        let moved_ms = recorded_ms.saturating_add(round.saturating_mul(self.round_ms));
        let since_ms = moved_ms.saturating_sub(self.first_ms);
        let after = if self.speed > 0.0 {
            #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
            let seconds = since_ms as f64 / 1000.0 / self.speed;
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
        } else {
            now.elapsed
        };
        let time_ms = match self.stamp {
            Stamp::Recorded => moved_ms,
            Stamp::From(start_ms) => start_ms.saturating_add(since_ms),
            Stamp::Sent => now.wall_ms_at(after),
            Stamp::EndsNow => started_ms.saturating_sub(self.last_ms.saturating_sub(moved_ms)),
        };
        (after, time_ms)
    }
}
