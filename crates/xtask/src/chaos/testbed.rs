//! Kafka, HDFS and the consumers, with the faults injected into them and their repairs.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use nix::sys::signal::Signal;

use super::activity_log::ActivityLog;
use super::consumer_process::ConsumerProcess;
use super::foreign_writer::ForeignWriter;
use super::plan::{Event, FailureMode, Fault, Target};
use super::repairs::Repair;
use super::report::Report;
use super::setup;
use super::stalls::{Stalled, Stalls};
use crate::clock::now_ms;
use crate::services::{Lifetime, Ports, Server, Services, stamp_arrivals};
use crate::{command, paths};

/// The topic of readings.
pub(super) const TOPIC: &str = "vitals";
/// The topic of alerts.
pub(super) const ALERTS: &str = "alerts";
const GROUP: &str = "vitals-archive";
/// The group of the watch, as in config.toml.
pub(super) const WATCH_GROUP: &str = "vitals-watch";

/// The servers, the consumers and the pending repairs.
pub(super) struct Testbed {
    pub(super) services: Services,
    pub(super) dir: PathBuf,
    pub(super) settings: Vec<(String, String)>,
    /// The consumers of the group, then the intruder.
    pub(super) consumers: Vec<ConsumerProcess>,
    pub(super) foreign_writer: ForeignWriter,
    /// The second topic, whose log is damaged.
    pub(super) activity: ActivityLog,
    /// Repairs with their due times.
    pub(super) repairs: Vec<(Instant, Repair)>,
    /// The periods in which two instances of the watch may send the same alert.
    pub(super) stalls: Stalls,
    pub(super) report: Report,
}

impl Testbed {
    /// Starts Kafka and HDFS for `consumers` consumers, with the files of all in `dir`.
    pub(super) async fn start(dir: PathBuf, consumers: usize) -> Result<Self> {
        let services =
            Services::start(&dir.join("services"), Ports::free()?, Lifetime::Bound).await?;
        // As on a topic that the producer creates. The same readings then give the same alerts,
        // whenever they are judged.
        stamp_arrivals(&services.bootstrap_servers(), &[TOPIC, ALERTS]).await?;
        let settings = setup::settings(&services);
        let table = format!("{}/lake/vitals", services.hdfs());
        let foreign_writer = ForeignWriter::new(table, dir.join("foreign_writer.log"))?;
        let activity = ActivityLog::new(services.bootstrap_servers())?;
        let mut processes: Vec<_> = (0..consumers)
            .map(|id| ConsumerProcess::new(&dir, &format!("consumer{id}"), GROUP))
            .collect();
        processes.push(ConsumerProcess::new(&dir, "intruder", "vitals-intruder"));
        Ok(Self {
            services,
            dir,
            settings,
            consumers: processes,
            foreign_writer,
            activity,
            repairs: Vec::new(),
            stalls: Stalls::default(),
            report: Report::new(),
        })
    }

    /// Starts the consumers of the group.
    pub(super) fn start_consumers(&mut self) -> Result<()> {
        (0..self.intruder()).try_for_each(|id| self.start_consumer(id, None))
    }

    pub(super) fn start_consumer(&mut self, id: usize, failpoint: Option<String>) -> Result<()> {
        let mut settings = self.settings.clone();
        if id == self.intruder() {
            // A second group of the watch would send every alert again.
            settings.push(("VITALS__CONSUMER__ROLES".to_owned(), "archive".to_owned()));
        }
        self.consumers[id].start(&settings, failpoint)
    }

    /// The index of the intruder.
    fn intruder(&self) -> usize {
        self.consumers.len() - 1
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
            Fault::Log(damage) => {
                self.damage_log(&event, *damage).await;
                return Ok(());
            }
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
        self.stalls.begin(Stalled::Consumer(id), now_ms());
        Ok(Some(Repair::Continue(id)))
    }

    fn start_intruder(&mut self) -> Result<Option<Repair>> {
        let id = self.intruder();
        if self.consumers[id].is_running() {
            return Ok(None);
        }
        self.start_consumer(id, None)?;
        Ok(Some(Repair::Dismiss(id)))
    }

    pub(super) const fn server(&self, target: Target) -> &Server {
        match target {
            Target::Kafka => &self.services.kafka,
            Target::NameNode => &self.services.namenode,
            Target::DataNode => &self.services.datanode,
        }
    }

    async fn fail_server(&mut self, target: Target, mode: FailureMode) -> Result<Option<Repair>> {
        if self.is_down(target) {
            return Ok(None);
        }
        if target == Target::Kafka {
            self.stalls.begin(Stalled::Kafka, now_ms());
        }
        let server = self.server(target);
        match mode {
            FailureMode::Crash => server.kill().await?,
            FailureMode::Stop => server.stop().await?,
            FailureMode::Freeze => server.freeze(true)?,
        };
        Ok(Some(Repair::Server(target)))
    }

    /// A server that is down has a repair scheduled already.
    pub(super) fn is_down(&self, target: Target) -> bool {
        let mut repairs = self.repairs.iter();
        repairs.any(|(_, repair)| matches!(repair, Repair::Server(down) if *down == target))
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

    /// Copies the lake out of HDFS with Hadoop's own client.
    pub(super) fn copy_lake(&self) -> Result<PathBuf> {
        let copy = self.dir.join("lake");
        self.services.copy_out("/lake", &copy)?;
        Ok(copy)
    }
}
