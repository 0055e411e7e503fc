//! Deliveries of a session: alerts, then the states that follow from them.

use std::time::{Duration, Instant};

use anyhow::bail;

use super::{partition::PartitionWatch, session::Session, watch_status::Stalled};

/// Time without the delivery of a message, after which the watch is not ready.
const STALLED_AFTER: Duration = Duration::from_secs(5);

/// Time for the last deliveries before partitions are given up.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

impl Session<'_> {
    /// Returns true if a state may have to be published.
    pub(super) fn has_due_states(&self) -> bool {
        self.ward.partitions.values().any(PartitionWatch::has_due_states)
    }

    /// Publishes the states that are due. At `until` the readings have their turn.
    pub(super) fn publish_states(&mut self, until: Option<Instant>) -> anyhow::Result<()> {
        for partition in self.ward.partitions.values_mut() {
            let has_time = || until.is_none_or(|until| Instant::now() < until);
            partition.publish_states(&self.publisher, has_time)?;
        }
        Ok(())
    }

    /// Notes that alerts or states are not delivered for a while. One partition of `alerts` that is
    /// offline holds up every state and every offset, one of `patient-status` every offset, though
    /// the broker responds.
    pub(super) fn note_deliveries(&mut self) {
        let now = Instant::now();
        self.undelivered_alert.note(self.publisher.oldest_alert(), now);
        self.undelivered_state.note(self.publisher.oldest_state(), now);
        let stalled = if self.undelivered_alert.has_lasted(STALLED_AFTER, now) {
            Some(Stalled::Alerts)
        } else if self.undelivered_state.has_lasted(STALLED_AFTER, now) {
            Some(Stalled::States)
        } else {
            None
        };
        self.recorder.set_stalled(stalled);
    }

    /// Delivers everything and commits, before partitions go to another instance.
    pub(super) fn give_up(&mut self) -> anyhow::Result<()> {
        self.drop_commit();
        // An earlier commit must not arrive after the last one.
        self.finish_commit()?;
        self.flush()?;
        self.publish_states(None)?;
        if self.ward.holds_readings() {
            return Ok(());
        }
        let Some(commit) = self.prepare_commit()? else { return Ok(()) };
        self.flush()?;
        self.send_commit(commit)?;
        self.finish_commit()
    }

    fn flush(&self) -> anyhow::Result<()> {
        let is_flushed = self.publisher.flush(FLUSH_TIMEOUT);
        self.publisher.check()?;
        if !is_flushed {
            bail!("alerts or states were not delivered within {FLUSH_TIMEOUT:?}");
        }
        Ok(())
    }
}
