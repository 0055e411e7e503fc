//! Assigned partitions whose state is being restored.
//!
//! Restoring reads whole topics, so a thread of its own does it. The session judges the readings of
//! its other partitions meanwhile.

use std::{
    collections::BTreeSet,
    sync::mpsc::{self, Receiver, TryRecvError},
    thread,
    time::Instant,
};

use anyhow::{Context as _, anyhow};
use vitals_core::runtime::config::Settings;

use super::{
    failure_log::FailureLog,
    restore::{Restored, restore},
};

/// The partitions that wait for their state.
#[derive(Default)]
pub(super) struct Restoring {
    waiting: BTreeSet<i32>,
    under_way: Option<UnderWay>,
    failures: u32,
    retry_at: Option<Instant>,
    pub(super) failure_log: FailureLog,
}

/// A pass in flight, on a thread of its own.
struct UnderWay {
    /// The partitions whose state is still wanted.
    ids: BTreeSet<i32>,
    outcome: Receiver<anyhow::Result<Restored>>,
}

impl Restoring {
    /// Adds partitions that were assigned.
    pub(super) fn add(&mut self, ids: &[i32]) {
        self.waiting.extend(ids);
        // They don't wait for the backoff of others.
        self.retry_at = None;
    }

    /// Removes partitions that were revoked. A state that is being restored is outdated by the time
    /// they return.
    pub(super) fn remove(&mut self, ids: &[i32]) {
        for id in ids {
            self.waiting.remove(id);
            if let Some(under_way) = &mut self.under_way {
                under_way.ids.remove(id);
            }
        }
    }

    /// The partitions without a state.
    pub(super) const fn waiting(&self) -> &BTreeSet<i32> {
        &self.waiting
    }

    /// Returns what was restored since the last call, and starts the next pass.
    ///
    /// # Errors
    /// If a pass failed. The next one starts after a backoff.
    pub(super) fn poll(&mut self, settings: &Settings) -> anyhow::Result<Option<Restored>> {
        if let Some(under_way) = &self.under_way {
            let outcome = match under_way.outcome.try_recv() {
                Err(TryRecvError::Empty) => return Ok(None),
                Err(TryRecvError::Disconnected) => Err(anyhow!("restoring the state panicked")),
                Ok(outcome) => outcome,
            };
            return self.finish(settings, outcome);
        }
        self.start_next(settings, |ids| start(settings, ids))?;
        Ok(None)
    }

    /// Starts a pass for the partitions that wait, unless a backoff is under way.
    fn start_next(
        &mut self,
        settings: &Settings,
        start: impl FnOnce(BTreeSet<i32>) -> anyhow::Result<UnderWay>,
    ) -> anyhow::Result<()> {
        let may_start = self.retry_at.is_none_or(|at| Instant::now() >= at);
        if !may_start || self.waiting.is_empty() {
            return Ok(());
        }
        match start(self.waiting.clone()) {
            Ok(under_way) => {
                self.under_way = Some(under_way);
                Ok(())
            }
            Err(error) => {
                self.back_off(settings);
                Err(error)
            }
        }
    }

    fn back_off(&mut self, settings: &Settings) {
        self.retry_at = Some(Instant::now() + settings.consumer.retry.backoff(self.failures));
        self.failures = self.failures.saturating_add(1);
    }

    fn finish(
        &mut self,
        settings: &Settings,
        outcome: anyhow::Result<Restored>,
    ) -> anyhow::Result<Option<Restored>> {
        let wanted = self.under_way.take().map(|it| it.ids).unwrap_or_default();
        // The failure of a partition that has gone is none of this instance's.
        if wanted.is_empty() {
            return Ok(None);
        }
        let restored = outcome.map(|mut restored| {
            restored.partitions.retain(|partition| wanted.contains(&partition.id));
            restored
        });
        for partition in restored.iter().flat_map(|restored| &restored.partitions) {
            self.waiting.remove(&partition.id);
        }
        // A partition that was left out is tried again, no more often than after a failure.
        if restored.is_ok() && wanted.is_disjoint(&self.waiting) {
            self.failures = 0;
            self.retry_at = None;
            self.failure_log.clear();
        } else {
            self.back_off(settings);
        }
        restored.map(Some)
    }
}

fn start(settings: &Settings, ids: BTreeSet<i32>) -> anyhow::Result<UnderWay> {
    let (sender, outcome) = mpsc::channel();
    let settings = settings.clone();
    let wanted = ids.clone();
    thread::Builder::new()
        .name("watch-restore".to_owned())
        .spawn(move || {
            // A session that has ended wants no outcome.
            drop(sender.send(restore(&settings, &wanted)));
        })
        .context("starting a thread")?;
    Ok(UnderWay { ids, outcome })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_failure_of_partitions_that_have_gone_is_none() {
        let (sender, outcome) = mpsc::channel();
        let under_way = Some(UnderWay { ids: BTreeSet::from([1]), outcome });
        let mut restoring = Restoring { under_way, ..Restoring::default() };
        restoring.remove(&[1]);
        sender.send(Err(anyhow!("no leader"))).unwrap();
        assert!(restoring.poll(&Settings::default()).unwrap().is_none());
        assert!(restoring.retry_at.is_none());
    }

    #[test]
    fn a_pass_that_can_not_be_started_is_tried_again_after_a_growing_backoff() {
        let settings = Settings::default();
        let mut restoring = Restoring::default();
        restoring.add(&[5]);
        let mut started = 0;
        let mut backoffs = Vec::new();
        for _ in 0..3 {
            let began = Instant::now();
            // The second attempt comes too early.
            for _ in 0..2 {
                drop(restoring.start_next(&settings, |_| {
                    started += 1;
                    Err(anyhow!("no thread"))
                }));
            }
            let retry_at = restoring.retry_at.unwrap();
            backoffs.push(retry_at.duration_since(began) >= settings.consumer.retry.backoff(1));
            restoring.retry_at = Some(Instant::now());
        }
        assert_eq!(started, 3);
        assert_eq!(backoffs, [false, true, true]);
    }

    #[test]
    fn new_partitions_do_not_wait_for_the_backoff_of_others() {
        let retry_at = Some(Instant::now() + Duration::from_secs(3600));
        let mut restoring = Restoring { retry_at, failures: 5, ..Restoring::default() };
        restoring.add(&[5]);
        assert!(restoring.retry_at.is_none());
    }
}
