//! Everything that can break, and how it is broken and mended.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::sys::signal::Signal;

use super::consumer_process::ConsumerProcess;
use super::plan::{Event, Fault, Target, Way};
use super::report::Report;
use crate::services::{Lifetime, Ports, Server, Services};
use crate::{command, paths};

/// The topic that is archived.
pub(super) const TOPIC: &str = "vitals";
const GROUP: &str = "vitals-archive";

/// What mends a fault.
#[derive(Clone, Copy, Debug)]
enum Repair {
    Start(usize),
    Continue(usize),
    Dismiss(usize),
    Server(Target),
}

/// The cluster, the consumers and what is broken of them.
pub(super) struct Testbed {
    pub(super) services: Services,
    pub(super) dir: PathBuf,
    settings: Vec<(String, String)>,
    /// The intruder is the last.
    consumers: Vec<ConsumerProcess>,
    repairs: Vec<(Instant, Repair)>,
    pub(super) report: Report,
}

impl Testbed {
    /// Starts Kafka, HDFS and `consumers` consumers, everything in `dir`.
    pub(super) async fn start(dir: PathBuf, consumers: usize) -> Result<Self> {
        let services =
            Services::start(&dir.join("services"), Ports::free()?, Lifetime::Bound).await?;
        let settings = [
            ("KAFKA__BOOTSTRAP_SERVERS", services.bootstrap_servers()),
            ("KAFKA__REQUEST_TIMEOUT_MS", "5000".to_owned()),
            ("LAKE__URL", format!("{}/lake", services.hdfs())),
            ("LAKE__TIMEOUT_MS", "5000".to_owned()),
            ("CONSUMER__ROTATION__MAX_ROWS", "2000".to_owned()),
            ("CONSUMER__ROTATION__MAX_AGE_MS", "1000".to_owned()),
            ("CONSUMER__MAINTENANCE__INTERVAL_MS", "20000".to_owned()),
            // The broker takes nothing shorter.
            ("CONSUMER__SESSION_TIMEOUT_MS", "6000".to_owned()),
            ("CONSUMER__RETRY__MAX_BACKOFF_MS", "1000".to_owned()),
        ];
        let settings =
            settings.into_iter().map(|(key, value)| (format!("VITALS__{key}"), value)).collect();
        let mut processes: Vec<_> = (0..consumers)
            .map(|id| ConsumerProcess::new(&dir, &format!("consumer{id}"), GROUP))
            .collect();
        processes.push(ConsumerProcess::new(&dir, "intruder", "vitals-intruder"));
        let report = Report::new();
        let mut testbed =
            Self { services, dir, settings, consumers: processes, repairs: Vec::new(), report };
        for id in 0..consumers {
            testbed.start_consumer(id, None)?;
        }
        Ok(testbed)
    }

    fn start_consumer(&mut self, id: usize, fault: Option<String>) -> Result<()> {
        self.consumers[id].start(&self.settings, fault)
    }

    /// A command of one of our programs with the settings of this testbed.
    pub(super) fn program(&self, name: &str, args: &[&str]) -> Command {
        let mut command = command::program(paths::binary(name), &paths::root(), args);
        command.envs(self.settings.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Makes the event happen, unless what it concerns is broken already.
    pub(super) async fn inject(&mut self, event: Event) -> Result<()> {
        let repair = match &event.fault {
            Fault::Crash(id) | Fault::Leave(id) | Fault::Move(id) | Fault::Stall(id)
                if !self.is_well(*id) =>
            {
                None
            }
            Fault::Step(id, _) if !self.is_well(*id) => None,
            Fault::Crash(id) => self.crash(*id).await?,
            Fault::Leave(id) => self.leave(*id).await?,
            Fault::Move(id) => {
                self.consumers[*id].move_away();
                self.crash(*id).await?
            }
            Fault::Stall(id) => {
                self.consumers[*id].signal(Signal::SIGSTOP)?;
                self.consumers[*id].stalled = true;
                Some(Repair::Continue(*id))
            }
            Fault::Step(id, spec) => {
                self.leave(*id).await?;
                self.start_consumer(*id, Some(spec.clone()))?;
                // What happens at the step is noticed when it happens.
                self.report.struck(&event);
                return Ok(());
            }
            Fault::Intruder => self.intrude()?,
            Fault::Server(target, way) => self.take_away(*target, *way).await?,
        };
        match repair {
            Some(repair) => {
                self.report.struck(&event);
                self.repairs.push((Instant::now() + event.lasts, repair));
            }
            None => self.report.skipped(&event),
        }
        Ok(())
    }

    fn is_well(&self, id: usize) -> bool {
        self.consumers[id].is_running() && !self.consumers[id].stalled
    }

    async fn crash(&mut self, id: usize) -> Result<Option<Repair>> {
        self.consumers[id].crash().await?;
        Ok(Some(Repair::Start(id)))
    }

    async fn leave(&mut self, id: usize) -> Result<Option<Repair>> {
        match self.consumers[id].stop().await? {
            Some(status) if status.success() => {}
            // It was not told that the lake would be there; what it could not store it says so.
            Some(status) => self.report.note(&format!("consumer {id} left with {status}")),
            None => self.report.finding(&format!("consumer {id} did not end within a minute")),
        }
        Ok(Some(Repair::Start(id)))
    }

    fn intrude(&mut self) -> Result<Option<Repair>> {
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

    async fn take_away(&mut self, target: Target, way: Way) -> Result<Option<Repair>> {
        let is_away = self
            .repairs
            .iter()
            .any(|(_, it)| matches!(it, Repair::Server(away) if *away == target));
        if is_away {
            return Ok(None);
        }
        let server = self.server(target);
        match way {
            Way::Crash => server.kill().await?,
            Way::Stop => server.stop().await?,
            Way::Freeze => server.freeze(true)?,
        };
        Ok(Some(Repair::Server(target)))
    }

    /// Mends what is due (`all`: everything), and takes note of consumers that ended or stalled.
    pub(super) async fn supervise(&mut self, all: bool) -> Result<()> {
        self.notice()?;
        let now = Instant::now();
        let (due, later) =
            std::mem::take(&mut self.repairs).into_iter().partition(|(at, _)| all || *at <= now);
        self.repairs = later;
        for (_, repair) in due {
            self.repair(repair).await?;
        }
        Ok(())
    }

    async fn repair(&mut self, repair: Repair) -> Result<()> {
        match repair {
            Repair::Start(id) if !self.consumers[id].is_running() => {
                self.start_consumer(id, None)?
            }
            Repair::Start(_) => {}
            Repair::Continue(id) => {
                self.consumers[id].signal(Signal::SIGCONT)?;
                self.consumers[id].stalled = false;
            }
            Repair::Dismiss(id) => {
                self.consumers[id].stop().await?;
            }
            Repair::Server(target) => {
                let server = self.server(target);
                server.freeze(false)?;
                server.start()?;
            }
        }
        self.report.note(&format!("mended: {repair:?}"));
        Ok(())
    }

    /// A consumer may end only by the fault that it was started with.
    fn notice(&mut self) -> Result<()> {
        for id in 0..self.consumers.len() {
            let consumer = &mut self.consumers[id];
            if consumer.armed.is_some() && !consumer.stalled && consumer.has_stopped_itself() {
                consumer.stalled = true;
                self.report.note(&format!("consumer {id} stalls at its step"));
                self.repairs.push((Instant::now() + Duration::from_secs(9), Repair::Continue(id)));
            }
            let Some(status) = self.consumers[id].ended()? else { continue };
            let killed = std::os::unix::process::ExitStatusExt::signal(&status);
            if killed == Some(Signal::SIGKILL as i32) && self.consumers[id].armed.is_some() {
                self.report.note(&format!("consumer {id} died at its step"));
            } else {
                self.report.finding(&format!("consumer {id} ended by itself: {status}"));
            }
            self.repairs.push((Instant::now() + Duration::from_secs(1), Repair::Start(id)));
        }
        Ok(())
    }

    /// Ends every consumer.
    pub(super) async fn stop_consumers(&mut self) -> Result<()> {
        for id in 0..self.consumers.len() {
            if self.consumers[id].is_running() {
                self.leave(id).await?;
            }
        }
        Ok(())
    }

    /// The table as Hadoop's own client copies it out of HDFS.
    pub(super) fn copy_table(&self) -> Result<PathBuf> {
        let copy = self.dir.join("table");
        self.services.copy_out("/lake/vitals", &copy)?;
        Ok(copy)
    }
}

/// An empty folder for a run.
pub(super) fn fresh(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("removing {}", dir.display()))?;
    }
    fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))
}
