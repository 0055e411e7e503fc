//! The repairs of faults, each when it is due.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::Signal;

use super::plan::Target;
use super::stalls::Stalled;
use super::testbed::Testbed;
use crate::clock::now_ms;

/// Time after which a consumer that ended at a failpoint is restarted.
const RESTART_DELAY: Duration = Duration::from_secs(1);
/// Time for which a consumer that stopped at a failpoint stalls: longer than the session timeout.
const STALL: Duration = Duration::from_secs(9);

/// The repair of a fault.
#[derive(Clone, Copy, Debug)]
pub(super) enum Repair {
    Start(usize),
    Continue(usize),
    /// Stops the intruder.
    Dismiss(usize),
    /// Stops the foreign writer.
    StopForeignWriter,
    /// Aborts the open transaction on the second topic.
    AbortTransaction,
    /// Accepts the new log of the second topic.
    AcceptLog,
    Server(Target),
}

impl Testbed {
    pub(super) fn schedule(&mut self, after: Duration, repair: Repair) {
        self.repairs.push((Instant::now() + after, repair));
    }

    /// Observes the consumers and makes the repairs that are due.
    pub(super) async fn supervise(&mut self) -> Result<()> {
        self.observe_consumers()?;
        self.repair_due(Instant::now()).await
    }

    /// Observes the consumers and makes every pending repair.
    pub(super) async fn repair_all(&mut self) -> Result<()> {
        self.observe_consumers()?;
        let pending = std::mem::take(&mut self.repairs);
        for (_, repair) in pending {
            self.repair(repair).await?;
        }
        Ok(())
    }

    async fn repair_due(&mut self, now: Instant) -> Result<()> {
        let pending = std::mem::take(&mut self.repairs);
        let (due, later) = pending.into_iter().partition(|(at, _)| *at <= now);
        self.repairs = later;
        for (_, repair) in due {
            self.repair(repair).await?;
        }
        Ok(())
    }

    async fn repair(&mut self, repair: Repair) -> Result<()> {
        match repair {
            // The consumer may have been started by another repair meanwhile.
            Repair::Start(id) if !self.consumers[id].is_running() => {
                self.start_consumer(id, None)?;
            }
            Repair::Start(_) => {}
            Repair::Continue(id) => {
                self.consumers[id].signal(Signal::SIGCONT)?;
                self.consumers[id].stalled = false;
                self.stalls.end(Stalled::Consumer(id), now_ms());
            }
            Repair::Dismiss(id) => {
                self.consumers[id].stop().await?;
            }
            Repair::AbortTransaction => {
                // Without a response from Kafka, the transaction ends at its timeout.
                if let Err(error) = self.activity.abort_transaction() {
                    self.report.note(&format!("{error:#}"));
                }
            }
            Repair::AcceptLog if !self.accept_log() => return Ok(()),
            Repair::AcceptLog => {}
            Repair::StopForeignWriter => self.foreign_writer.stop().await?,
            Repair::Server(target) => {
                let server = self.server(target);
                // Resumes a frozen server and starts a stopped one; one of the two has no effect.
                server.freeze(false)?;
                server.start()?;
                if target == Target::Kafka {
                    self.stalls.end(Stalled::Kafka, now_ms());
                }
            }
        }
        self.report.note(&format!("repaired: {repair:?}"));
        Ok(())
    }

    /// Records consumers that stalled or ended, and schedules their repair. The failpoint with which
    /// it was started is the only legitimate cause for a consumer to end.
    fn observe_consumers(&mut self) -> Result<()> {
        for id in 0..self.consumers.len() {
            let consumer = &mut self.consumers[id];
            if consumer.failpoint.is_some() && !consumer.stalled && consumer.is_stopped() {
                consumer.stalled = true;
                self.stalls.begin(Stalled::Consumer(id), now_ms());
                self.report.note(&format!("consumer {id} stalls at its failpoint"));
                self.schedule(STALL, Repair::Continue(id));
            }
            if let Some(status) = self.consumers[id].reap()? {
                self.record_end(id, status);
                self.schedule(RESTART_DELAY, Repair::Start(id));
            }
        }
        Ok(())
    }

    fn record_end(&mut self, id: usize, status: ExitStatus) {
        let was_killed = status.signal() == Some(Signal::SIGKILL as i32);
        if was_killed && self.consumers[id].failpoint.is_some() {
            self.report.note(&format!("consumer {id} died at its failpoint"));
        } else {
            self.report.finding(&format!("consumer {id} ended unexpectedly: {status}"));
        }
    }
}
