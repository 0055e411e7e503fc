//! Kafka, HDFS and the consumers, with the faults injected into them and their repairs.

use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::Result;
use nix::sys::signal::Signal;

use super::consumer_process::ConsumerProcess;
use super::foreign_writer::ForeignWriter;
use super::plan::{Event, FailureMode, Fault, Target};
use super::report::Report;
use super::setup;
use crate::services::{Lifetime, Ports, Server, Services};
use crate::{command, paths};

/// The archived topic.
pub(super) const TOPIC: &str = "vitals";
const GROUP: &str = "vitals-archive";

/// Time after which a consumer that ended at a failpoint is restarted.
const RESTART_DELAY: Duration = Duration::from_secs(1);
/// Time for which a consumer that stopped at a failpoint stalls: longer than the session timeout.
const STALL: Duration = Duration::from_secs(9);

/// The repair of a fault.
#[derive(Clone, Copy, Debug)]
enum Repair {
    Start(usize),
    Continue(usize),
    /// Stops the intruder.
    Dismiss(usize),
    /// Stops the foreign writer.
    StopForeignWriter,
    Server(Target),
}

/// The servers, the consumers and the pending repairs.
pub(super) struct Testbed {
    pub(super) services: Services,
    pub(super) dir: PathBuf,
    settings: Vec<(String, String)>,
    /// The consumers of the group, then the intruder.
    consumers: Vec<ConsumerProcess>,
    foreign_writer: ForeignWriter,
    /// Repairs with their due times.
    repairs: Vec<(Instant, Repair)>,
    pub(super) report: Report,
}

impl Testbed {
    /// Starts Kafka, HDFS and `consumers` consumers with their files in `dir`.
    pub(super) async fn start(dir: PathBuf, consumers: usize) -> Result<Self> {
        let services =
            Services::start(&dir.join("services"), Ports::free()?, Lifetime::Bound).await?;
        let settings = setup::settings(&services);
        let table = format!("{}/lake/vitals", services.hdfs());
        let foreign_writer = ForeignWriter::new(table, dir.join("foreign_writer.log"))?;
        let mut processes: Vec<_> = (0..consumers)
            .map(|id| ConsumerProcess::new(&dir, &format!("consumer{id}"), GROUP))
            .collect();
        processes.push(ConsumerProcess::new(&dir, "intruder", "vitals-intruder"));
        let mut testbed = Self {
            services,
            dir,
            settings,
            consumers: processes,
            foreign_writer,
            repairs: Vec::new(),
            report: Report::new(),
        };
        for id in 0..consumers {
            testbed.start_consumer(id, None)?;
        }
        Ok(testbed)
    }

    fn start_consumer(&mut self, id: usize, failpoint: Option<String>) -> Result<()> {
        self.consumers[id].start(&self.settings, failpoint)
    }

    /// A command that runs one of the binaries with the settings of this testbed.
    pub(super) fn program(&self, name: &str, args: &[&str]) -> Command {
        let mut command = command::program(paths::binary(name), &paths::root(), args);
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Injects the fault of `event`, unless its target is already broken.
    pub(super) async fn inject(&mut self, event: Event) -> Result<()> {
        let repair = match &event.fault {
            Fault::Crash(id)
            | Fault::Leave(id)
            | Fault::Move(id)
            | Fault::Stall(id)
            | Fault::Failpoint(id, _)
                if !self.is_healthy(*id) =>
            {
                None
            }
            Fault::Crash(id) => self.crash(*id).await?,
            Fault::Leave(id) => self.leave(*id).await?,
            Fault::Move(id) => {
                self.consumers[*id].move_to_next_host();
                self.crash(*id).await?
            }
            Fault::Stall(id) => self.stall(*id)?,
            Fault::Failpoint(id, spec) => {
                self.leave(*id).await?;
                self.start_consumer(*id, Some(spec.clone()))?;
                // `observe_consumers` schedules the repair when the failpoint is hit.
                self.report.injected(&event);
                return Ok(());
            }
            Fault::Intruder => self.start_intruder()?,
            Fault::ForeignWriter => {
                self.foreign_writer.start()?.then_some(Repair::StopForeignWriter)
            }
            Fault::Server(target, mode) => self.fail_server(*target, *mode).await?,
        };
        match repair {
            Some(repair) => {
                self.report.injected(&event);
                self.schedule(event.duration, repair);
            }
            None => self.report.skipped(&event),
        }
        Ok(())
    }

    fn is_healthy(&self, id: usize) -> bool {
        self.consumers[id].is_running() && !self.consumers[id].stalled
    }

    fn schedule(&mut self, after: Duration, repair: Repair) {
        self.repairs.push((Instant::now() + after, repair));
    }

    async fn crash(&mut self, id: usize) -> Result<Option<Repair>> {
        self.consumers[id].crash().await?;
        Ok(Some(Repair::Start(id)))
    }

    async fn leave(&mut self, id: usize) -> Result<Option<Repair>> {
        match self.consumers[id].stop().await? {
            Some(status) if status.success() => {}
            // Legitimate while the lake is unavailable: the status reports that batches were not
            // stored.
            Some(status) => self.report.note(&format!("consumer {id} left with {status}")),
            None => self.report.finding(&format!("consumer {id} did not end within a minute")),
        }
        Ok(Some(Repair::Start(id)))
    }

    fn stall(&mut self, id: usize) -> Result<Option<Repair>> {
        self.consumers[id].signal(Signal::SIGSTOP)?;
        self.consumers[id].stalled = true;
        Ok(Some(Repair::Continue(id)))
    }

    fn start_intruder(&mut self) -> Result<Option<Repair>> {
        let id = self.consumers.len() - 1;
        if self.consumers[id].is_running() {
            return Ok(None);
        }
        self.start_consumer(id, None)?;
        Ok(Some(Repair::Dismiss(id)))
    }

    const fn server(&self, target: Target) -> &Server {
        match target {
            Target::Kafka => &self.services.kafka,
            Target::NameNode => &self.services.namenode,
            Target::DataNode => &self.services.datanode,
        }
    }

    async fn fail_server(&self, target: Target, mode: FailureMode) -> Result<Option<Repair>> {
        // A server that is down has a repair scheduled already.
        let is_down = self
            .repairs
            .iter()
            .any(|(_, repair)| matches!(repair, Repair::Server(down) if *down == target));
        if is_down {
            return Ok(None);
        }
        let server = self.server(target);
        match mode {
            FailureMode::Crash => server.kill().await?,
            FailureMode::Stop => server.stop().await?,
            FailureMode::Freeze => server.freeze(true)?,
        };
        Ok(Some(Repair::Server(target)))
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
            }
            Repair::Dismiss(id) => {
                self.consumers[id].stop().await?;
            }
            Repair::StopForeignWriter => self.foreign_writer.stop().await?,
            Repair::Server(target) => {
                let server = self.server(target);
                // Resumes a frozen server and starts a stopped one; one of the two has no effect.
                server.freeze(false)?;
                server.start()?;
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

    /// Stops every consumer in an orderly way.
    pub(super) async fn stop_consumers(&mut self) -> Result<()> {
        for id in 0..self.consumers.len() {
            if self.consumers[id].is_running() {
                self.leave(id).await?;
            }
        }
        Ok(())
    }

    /// Copies the table out of HDFS with Hadoop's own client.
    pub(super) fn copy_table(&self) -> Result<PathBuf> {
        let copy = self.dir.join("table");
        self.services.copy_out("/lake/vitals", &copy)?;
        Ok(copy)
    }
}
