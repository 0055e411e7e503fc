//! Due times and timestamps of recorded rows.

use std::time::Duration;

use anyhow::ensure;

use super::recording::Row;
use crate::{cli::ReplayArgs, source::Now};

/// The timestamp of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stamp {
    /// The recorded time.
    Recorded,
    /// The recorded time, shifted so that the first row is at this time.
    StartsAt(i64),
    /// The time of sending.
    Sent,
    /// The recorded time, shifted so that the last row is at the start of the replay.
    EndsNow,
}

/// The mapping from recorded times to due times and timestamps.
#[derive(Debug)]
pub(super) struct Timeline {
    stamp: Stamp,
    speed: f64,
    first_ms: i64,
    last_ms: i64,
    /// Time between the starts of two rounds of a loop.
    round_ms: i64,
    /// Wall clock at the first row.
    started_ms: Option<i64>,
}

impl Timeline {
    /// The timeline requested by `args`; `dated` is true if the file's times are dates.
    pub(super) fn new(args: &ReplayArgs, dated: bool, rows: &[Row]) -> anyhow::Result<Self> {
        let first_ms = rows.iter().map(|row| row.time_ms).min().unwrap_or(0);
        let last_ms = rows.iter().map(|row| row.time_ms).max().unwrap_or(0);
        // A dated recording keeps its times by default; an undated one needs new ones.
        let stamp = match args.start_ms {
            Some(start_ms) => Stamp::StartsAt(start_ms),
            None if dated && !args.now => Stamp::Recorded,
            None if args.speed > 0.0 => Stamp::Sent,
            None => Stamp::EndsNow,
        };
        ensure!(
            !args.repeat || stamp != Stamp::EndsNow,
            "--loop and --speed 0 need --start-ms: a recording that ends now ends once"
        );
        // The next round starts one mean interval after the last row.
        let span_ms = last_ms - first_ms;
        let step_ms = span_ms / i64::try_from(rows.len())?.saturating_sub(1).max(1);
        let round_ms = span_ms + step_ms.max(1);
        Ok(Self { stamp, speed: args.speed, first_ms, last_ms, round_ms, started_ms: None })
    }

    /// Due time since the start and timestamp (ms since the Unix epoch) of the row recorded at
    /// `recorded_ms`, in `round` (from 0).
    pub(super) fn at(&mut self, recorded_ms: i64, round: u64, now: Now) -> (Duration, i64) {
        let started_ms = *self.started_ms.get_or_insert(now.wall_ms);
        let round = i64::try_from(round).unwrap_or(i64::MAX);
        let moved_ms = recorded_ms.saturating_add(round.saturating_mul(self.round_ms));
        let since_ms = moved_ms.saturating_sub(self.first_ms);
        // Rounds of a loop follow each other on one timeline.
        let after = if self.speed > 0.0 {
            #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
            let seconds = since_ms as f64 / 1000.0 / self.speed;
            Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
        } else {
            now.elapsed
        };
        let time_ms = match self.stamp {
            Stamp::Recorded => moved_ms,
            Stamp::StartsAt(start_ms) => start_ms.saturating_add(since_ms),
            Stamp::Sent => now.wall_ms_at(after),
            Stamp::EndsNow => started_ms.saturating_sub(self.last_ms.saturating_sub(moved_ms)),
        };
        (after, time_ms)
    }
}
