//! Due times and timestamps of recorded rows.

use std::time::Duration;

use anyhow::ensure;

use super::row::Row;
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
    /// The recorded time, shifted so that no row is in the future when it is sent: at a higher
    /// speed than the recording's, the last row has the time of its sending, at a lower one the
    /// first row has it.
    Now,
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
            // A loop at another speed than the recording's has no constant shift.
            None if args.speed > 0.0 && (args.repeat || !args.now) => Stamp::Sent,
            None => Stamp::Now,
        };
        ensure!(
            !args.repeat || stamp != Stamp::Now,
            "--loop and --speed 0 need --start-ms: a recording that ends now ends once"
        );
        // The next round starts one mean interval after the last row.
        let span_ms = last_ms - first_ms;
        let step_ms = span_ms / i64::try_from(rows.len())?.saturating_sub(1).max(1);
        let round_ms = span_ms + step_ms.max(1);
        Ok(Self { stamp, speed: args.speed, first_ms, last_ms, round_ms, started_ms: None })
    }

    /// Returns true if readings keep their recorded times.
    pub(super) fn is_recorded(&self) -> bool {
        self.stamp == Stamp::Recorded
    }

    /// The first and the last recorded time, ms.
    pub(super) const fn range_ms(&self) -> (i64, i64) {
        (self.first_ms, self.last_ms)
    }

    /// Time from the start of the replay to the timestamp of the last row of [`Stamp::Now`], ms.
    fn lead_ms(&self) -> i64 {
        let span_ms = self.last_ms.saturating_sub(self.first_ms);
        if self.speed <= 0.0 {
            return 0;
        }
        #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
        #[expect(clippy::cast_possible_truncation, reason = "not longer than the recording")]
        let lead_ms = (span_ms as f64 / self.speed.max(1.0)) as i64;
        // A slow replay would reach into the future: its first row is at the start.
        if self.speed < 1.0 { span_ms } else { lead_ms }
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
            Stamp::Now => started_ms
                .saturating_add(self.lead_ms())
                .saturating_sub(self.last_ms.saturating_sub(moved_ms)),
        };
        (after, time_ms)
    }
}
