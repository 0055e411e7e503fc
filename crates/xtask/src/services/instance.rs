//! One instance: the three servers, their folder and their ports.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Lifetime, Ports, Server, hdfs, jars, kafka, ports};
use crate::http;

const READY_WITHIN: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(200);

/// What of an instance does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The broker answers a metadata request.
    pub kafka: bool,
    /// The DataNode has registered and the NameNode has left safe mode.
    pub hdfs: bool,
}

/// One instance: the three servers, each to be stopped, killed, frozen and started by itself.
#[derive(Clone, Debug)]
pub struct Services {
    dir: PathBuf,
    ports: Ports,
    /// The broker, which is its own controller.
    pub kafka: Server,
    /// The master of the file system.
    pub namenode: Server,
    /// The store of its blocks.
    pub datanode: Server,
}

impl Services {
    /// Starts whatever of the instance in `dir` doesn't run, and waits until all of it is ready and
    /// the topics exist. An instance that runs keeps its inner ports.
    ///
    /// # Errors
    /// When a tool is missing, a port is taken, it runs on other ports, a server ends, or it isn't
    /// ready within two minutes.
    pub async fn start(dir: &Path, ports: Ports, lifetime: Lifetime) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        let services = match Self::known(dir, lifetime)? {
            Some(known) if known.is_any_running() => {
                known.ensure_on(&ports)?;
                known
            }
            _ => Self::at(dir, ports, lifetime)?,
        };
        jars::fetch()?;
        if !services.is_any_running() {
            services.prepare()?;
        }
        for server in services.servers() {
            server.start()?;
        }
        services.wait_ready().await?;
        kafka::create_topics(&services.bootstrap_servers(), &kafka::TOPICS).await?;
        Ok(services)
    }

    /// Starts Kafka alone, with `topics`, in an instance whose HDFS is never used.
    ///
    /// # Errors
    /// As [`Services::start`].
    pub async fn start_kafka(
        dir: &Path,
        ports: Ports,
        lifetime: Lifetime,
        topics: &[(&str, i32)],
    ) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        let services = Self::at(dir, ports, lifetime)?;
        jars::fetch()?;
        ports::ensure_free(services.ports.kafka, "Kafka", "--kafka-port")?;
        services.ports.save(&ports_file(&services.dir))?;
        kafka::prepare(&services.kafka, &services.ports)?;
        services.kafka.start()?;
        let start = Instant::now();
        while !kafka::answers(&services.ports).await {
            services.kafka.ensure_running()?;
            ensure!(start.elapsed() < READY_WITHIN, "Kafka is not ready: {}", dir.display());
            tokio::time::sleep(POLL).await;
        }
        kafka::create_topics(&services.bootstrap_servers(), topics).await?;
        Ok(services)
    }

    /// The instance that was started in `dir` before, running or not; `None` when there was none.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub fn open(dir: &Path) -> Result<Option<Self>> {
        Self::known(dir, Lifetime::Detached)
    }

    fn known(dir: &Path, lifetime: Lifetime) -> Result<Option<Self>> {
        let ports = Ports::load(&ports_file(dir));
        ports.map(|ports| Self::at(dir, ports, lifetime)).transpose()
    }

    fn at(dir: &Path, ports: Ports, lifetime: Lifetime) -> Result<Self> {
        let dir = dir.canonicalize().with_context(|| format!("resolving {}", dir.display()))?;
        let (namenode, datanode) = hdfs::servers(&dir, lifetime);
        Ok(Self { kafka: kafka::server(&dir, lifetime), namenode, datanode, dir, ports })
    }

    /// Puts settings and storage in place, nothing started.
    fn prepare(&self) -> Result<()> {
        ports::ensure_free(self.ports.kafka, "Kafka", "--kafka-port")?;
        ports::ensure_free(self.ports.namenode, "the NameNode", "--hdfs-port")?;
        // The mark of an instance, by which `down --wipe` knows the folder even when this fails.
        self.ports.save(&ports_file(&self.dir))?;
        kafka::prepare(&self.kafka, &self.ports)?;
        hdfs::prepare(&self.namenode, &self.ports)
    }

    fn ensure_on(&self, wanted: &Ports) -> Result<()> {
        ensure!(
            (self.ports.kafka, self.ports.namenode) == (wanted.kafka, wanted.namenode),
            "the instance in {} already runs with Kafka on {} and HDFS on {}: stop it first, or choose \
             another folder with --dir",
            self.dir.display(),
            self.ports.kafka,
            self.ports.namenode
        );
        Ok(())
    }

    /// Whether at least one of the three runs.
    #[must_use]
    pub fn is_any_running(&self) -> bool {
        self.servers().iter().any(|server| server.running().is_some())
    }

    /// The three servers, in the order in which they start.
    #[must_use]
    pub fn servers(&self) -> [&Server; 3] {
        [&self.kafka, &self.namenode, &self.datanode]
    }

    /// What `kafka.bootstrap_servers` must be.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        kafka::address(&self.ports)
    }

    /// The root of the file system, `hdfs://127.0.0.1:PORT`.
    #[must_use]
    pub fn hdfs(&self) -> String {
        hdfs::address(&self.ports)
    }

    /// The instance's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether Kafka answers and whether HDFS takes writes, now.
    ///
    /// # Errors
    /// When the HTTP client can't be built.
    pub async fn ready(&self) -> Result<Ready> {
        let hdfs = hdfs::name_system(&http::client()?, &self.ports).await;
        Ok(Ready {
            kafka: kafka::answers(&self.ports).await,
            hdfs: hdfs.is_some_and(hdfs::NameSystem::is_ready),
        })
    }

    /// Waits until Kafka answers and HDFS takes writes.
    ///
    /// # Errors
    /// When a server ends or two minutes pass.
    pub async fn wait_ready(&self) -> Result<()> {
        let start = Instant::now();
        loop {
            for server in self.servers() {
                server.ensure_running()?;
            }
            let ready = self.ready().await?;
            if ready.kafka && ready.hdfs {
                return Ok(());
            }
            ensure!(
                start.elapsed() < READY_WITHIN,
                "not ready after {} s ({ready:?}); the logs are in {}",
                READY_WITHIN.as_secs(),
                self.dir.join("logs").display()
            );
            tokio::time::sleep(POLL).await;
        }
    }

    /// Stops all three, the DataNode before its NameNode. Returns the names of those that ran.
    ///
    /// # Errors
    /// When one can't be stopped.
    pub async fn stop(&self) -> Result<Vec<&'static str>> {
        let (kafka, hdfs) = tokio::join!(self.kafka.stop(), async {
            let datanode = self.datanode.stop().await?;
            anyhow::Ok([datanode, self.namenode.stop().await?])
        });
        let [datanode, namenode] = hdfs?;
        let ran = [(kafka?, &self.kafka), (datanode, &self.datanode), (namenode, &self.namenode)];
        Ok(ran.into_iter().filter_map(|(ran, server)| ran.then_some(server.name())).collect())
    }

    /// The ports of the servers.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Copies a file or folder out of HDFS, with Hadoop's own shell. Files that a writer left open
    /// when it died are left out.
    ///
    /// # Errors
    /// When the source is missing or `to` exists.
    pub fn copy_out(&self, from: &str, to: &Path) -> Result<()> {
        hdfs::copy_out(&self.namenode, from, to)
    }
}

pub(super) fn ports_file(dir: &Path) -> PathBuf {
    dir.join("ports.json")
}
