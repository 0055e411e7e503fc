//! The statistics of the last hour, counted while readings arrive.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use vitals_core::{domain::decode::Decoded, runtime::clock::now_ms};

use super::{
    sample::{GAP_LIMIT_MS, Sample},
    tally::{Rejections, Tally},
};
use crate::live::Hub;

const MINUTE_MS: i64 = 60_000;

/// Whole minutes that are kept before the present one.
pub const MAX_MINUTES: i64 = 60;

/// Maximum number of wards per minute. Further ones count only for all wards together.
const MAX_WARDS: usize = 100;

/// Interval at which the patients' states are sampled.
const SAMPLE_INTERVAL: Duration = Duration::from_secs(5);

/// The minutes of the last hour.
#[derive(Debug)]
pub struct Recent {
    started_ms: i64,
    /// By the start of the minute on the server's clock.
    minutes: BTreeMap<i64, Minute>,
}

#[derive(Debug, Default)]
struct Minute {
    wards: BTreeMap<Option<String>, Tally>,
    rejections: Rejections,
}

/// The statistics of a recent period.
#[derive(Debug)]
pub struct RecentTally {
    /// Start of the period: that of a minute, or of the process.
    pub from_ms: i64,
    /// The counts of the ward.
    pub tally: Tally,
    /// The rejected messages of all wards.
    pub rejections: Rejections,
}

impl Recent {
    /// Nothing yet, at the start of the process.
    #[must_use]
    pub const fn new(started_ms: i64) -> Self {
        Self { started_ms, minutes: BTreeMap::new() }
    }

    /// Adds a reading of `patient` that arrived at `arrival_ms`. One that arrived before the start of
    /// the process is left out: the topic is not read that far back in full.
    pub fn add(
        &mut self,
        (patient, ward): (&str, Option<&str>),
        decoded: &Decoded<'_>,
        (arrival_ms, now_ms): (i64, i64),
    ) {
        if let Some(minute) = self.minute(arrival_ms, now_ms) {
            minute.ward(ward).add(patient, decoded, arrival_ms);
        }
    }

    /// Adds a patient's state that held for `duration_ms` until `now_ms`.
    pub fn hold(&mut self, ward: Option<&str>, sample: &Sample, duration_ms: i64, now_ms: i64) {
        if let Some(minute) = self.minute(now_ms, now_ms) {
            minute.ward(ward).hold(sample, duration_ms);
        }
    }

    /// Adds a rejected message that arrived at `arrival_ms`.
    pub fn reject(&mut self, reason: &str, payload: &[u8], (arrival_ms, now_ms): (i64, i64)) {
        if let Some(minute) = self.minute(arrival_ms, now_ms) {
            minute.rejections.add(reason, payload);
        }
    }

    /// The counts of the last `minutes` whole minutes and the present one, of `ward` or of all.
    #[must_use]
    pub fn tally(&self, minutes: i64, ward: Option<&str>, now_ms: i64) -> RecentTally {
        let first_ms = minute_ms(now_ms) - minutes.clamp(0, MAX_MINUTES) * MINUTE_MS;
        let mut recent = RecentTally {
            from_ms: first_ms.max(self.started_ms),
            tally: Tally::default(),
            rejections: Rejections::default(),
        };
        for (_, minute) in self.minutes.range(first_ms..=now_ms.max(first_ms)) {
            recent.rejections.merge(&minute.rejections);
            for (name, tally) in &minute.wards {
                if ward.is_none() || ward == name.as_deref() {
                    recent.tally.merge(tally);
                }
            }
        }
        recent
    }

    /// The minute of `time_ms`; `None` if it is not kept.
    fn minute(&mut self, time_ms: i64, now_ms: i64) -> Option<&mut Minute> {
        let (minute, present) = (minute_ms(time_ms), minute_ms(now_ms));
        let kept = present - MAX_MINUTES * MINUTE_MS..=present;
        if time_ms < self.started_ms || !kept.contains(&minute) {
            return None;
        }
        if !self.minutes.contains_key(&minute) {
            // Minutes after the present one are from before the clock was set back.
            self.minutes.retain(|start, _| kept.contains(start));
        }
        Some(self.minutes.entry(minute).or_default())
    }
}

impl Minute {
    fn ward(&mut self, ward: Option<&str>) -> &mut Tally {
        let ward = ward.map(ToOwned::to_owned);
        let full = self.wards.len() >= MAX_WARDS && !self.wards.contains_key(&ward);
        self.wards.entry(if full { None } else { ward }).or_default()
    }
}

const fn minute_ms(now_ms: i64) -> i64 {
    now_ms.saturating_sub(now_ms.rem_euclid(MINUTE_MS))
}

/// Samples the state of every patient until shutdown.
///
/// # Errors
/// Never.
pub async fn run_sampler(hub: Arc<Hub>, shutdown: CancellationToken) -> anyhow::Result<()> {
    let sampling = async {
        let mut interval = interval(SAMPLE_INTERVAL);
        // One sample after a pause, not one for every tick that was missed.
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = interval.tick().await;
        loop {
            interval.tick().await;
            let now = Instant::now();
            // A process that was suspended has seen nothing meanwhile.
            let elapsed = now.duration_since(last).as_millis();
            let held_ms = i64::try_from(elapsed).unwrap_or(i64::MAX).min(GAP_LIMIT_MS);
            last = now;
            hub.sample(now_ms(), held_ms);
        }
    };
    shutdown.run_until_cancelled(sampling).await;
    Ok(())
}
