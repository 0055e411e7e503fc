//! One instance: the three servers, their folder and their ports.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::security::Security;
use super::{Lifetime, Ports, Server, hdfs, jars, kafka, ports};
use crate::http;

const READY_TIMEOUT: Duration = Duration::from_secs(120);
const POLL_INTERVAL: Duration = Duration::from_millis(200);

/// Readiness of an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The broker responds to a metadata request.
    pub kafka: bool,
    /// The DataNode has registered and the NameNode has left safe mode.
    pub hdfs: bool,
}

/// One instance: three servers, which can be started, stopped, killed and frozen individually.
#[derive(Clone, Debug)]
pub struct Services {
    dir: PathBuf,
    ports: Ports,
    /// Present if [`Security::create`] has secured the folder.
    security: Option<Security>,
    /// The broker, which is also the controller.
    pub kafka: Server,
    /// The master of HDFS.
    pub namenode: Server,
    /// The block storage of HDFS.
    pub datanode: Server,
}

impl Services {
    /// Starts the servers of the instance in `dir` that are not running, waits until all are ready, and
    /// creates the topics. A running instance keeps its internal ports.
    ///
    /// # Errors
    /// Returns an error if a tool is missing, a port is taken, the instance runs on other ports, a
    /// server ends, or the instance isn't ready within two minutes.
    pub async fn start(dir: &Path, ports: Ports, lifetime: Lifetime) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        // A running instance is reused, with its own ports.
        let services = match Self::known(dir, lifetime)? {
            Some(known) if known.is_any_running() => {
                known.ensure_on(&ports)?;
                known
            }
            _ => Self::at(dir, ports, lifetime)?,
        };
        // Formatting a running instance would destroy its data.
        jars::fetch()?;
        if !services.is_any_running() {
            services.prepare()?;
        }
        // The servers start concurrently and wait for each other.
        for server in services.servers() {
            server.start()?;
        }
        services.wait_ready().await?;
        services.create_topics(&kafka::TOPICS).await?;
        Ok(services)
    }

    /// Starts Kafka alone, with `topics`; HDFS is not started.
    ///
    /// # Errors
    /// See [`Services::start`].
    pub async fn start_kafka(
        dir: &Path,
        ports: Ports,
        lifetime: Lifetime,
        topics: &[(&str, i32)],
    ) -> Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("creating {}", dir.display()))?;
        let services = Self::at(dir, ports, lifetime)?;
        jars::fetch()?;
        // Checked before the start: a taken port would only show in the server's log.
        ports::ensure_free(services.ports.kafka, "Kafka", "--kafka-port")?;
        services.ports.save(&ports_file(&services.dir))?;
        kafka::prepare(&services.kafka, &services.ports, services.security.as_ref())?;
        services.kafka.start()?;
        let start = Instant::now();
        while !kafka::is_ready(&services.ports, services.security.as_ref()).await {
            // A server that has ended is reported at once, not after the timeout.
            services.kafka.ensure_running()?;
            ensure!(
                start.elapsed() < READY_TIMEOUT,
                "Kafka is not ready; logs in {}",
                dir.display()
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        services.create_topics(topics).await?;
        Ok(services)
    }

    /// Creates the missing ones of `topics`. A secured instance permits the services to use them.
    async fn create_topics(&self, topics: &[(&str, i32)]) -> Result<()> {
        let bootstrap = self.bootstrap_servers();
        let security = self.security.as_ref();
        kafka::create_topics_as(&bootstrap, security, topics).await?;
        if let Some(security) = security {
            let names: Vec<_> = topics.iter().map(|(name, _)| *name).collect();
            security.allow(&self.kafka, &bootstrap, &names)?;
        }
        Ok(())
    }

    /// The instance that was last started in `dir`, running or not; `None` without one.
    ///
    /// # Errors
    /// Returns an error if the folder can't be read.
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
        let security = Security::of(&dir);
        Ok(Self { kafka: kafka::server(&dir, lifetime), namenode, datanode, dir, ports, security })
    }

    /// Writes the settings and formats the storage.
    fn prepare(&self) -> Result<()> {
        ports::ensure_free(self.ports.kafka, "Kafka", "--kafka-port")?;
        ports::ensure_free(self.ports.namenode, "the NameNode", "--hdfs-port")?;
        // Written first: it marks the folder as an instance, so that `down --wipe` removes it even if
        // a later step fails.
        self.ports.save(&ports_file(&self.dir))?;
        kafka::prepare(&self.kafka, &self.ports, self.security.as_ref())?;
        hdfs::prepare(&self.namenode, &self.ports)
    }

    fn ensure_on(&self, wanted: &Ports) -> Result<()> {
        ensure!(
            (self.ports.kafka, self.ports.namenode) == (wanted.kafka, wanted.namenode),
            "the instance in {} already runs with Kafka on port {} and HDFS on port {}: stop it first, \
             or choose another folder with --dir",
            self.dir.display(),
            self.ports.kafka,
            self.ports.namenode
        );
        Ok(())
    }

    /// Returns true if at least one of the servers is running.
    #[must_use]
    pub fn is_any_running(&self) -> bool {
        self.servers().iter().any(|server| server.running().is_some())
    }

    /// The three servers, in start order.
    #[must_use]
    pub fn servers(&self) -> [&Server; 3] {
        [&self.kafka, &self.namenode, &self.datanode]
    }

    /// The value of `kafka.bootstrap_servers`.
    #[must_use]
    pub fn bootstrap_servers(&self) -> String {
        kafka::address(&self.ports)
    }

    /// URL of the file system's root, `hdfs://127.0.0.1:PORT`.
    #[must_use]
    pub fn hdfs(&self) -> String {
        hdfs::address(&self.ports)
    }

    /// The certificates and users of a secured instance.
    #[must_use]
    pub const fn security(&self) -> Option<&Security> {
        self.security.as_ref()
    }

    /// The instance's folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Checks whether Kafka responds and HDFS accepts writes.
    ///
    /// # Errors
    /// Returns an error if the HTTP client can't be built.
    pub async fn ready(&self) -> Result<Ready> {
        let hdfs = hdfs::name_system(&http::client()?, &self.ports).await;
        Ok(Ready {
            kafka: kafka::is_ready(&self.ports, self.security.as_ref()).await,
            hdfs: hdfs.is_some_and(hdfs::NameSystem::is_ready),
        })
    }

    /// Waits until Kafka responds and HDFS accepts writes.
    ///
    /// # Errors
    /// Returns an error if a server ends, or after two minutes.
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
                start.elapsed() < READY_TIMEOUT,
                "the servers are not ready after {} s ({ready:?}); logs in {}",
                READY_TIMEOUT.as_secs(),
                self.dir.join("logs").display()
            );
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Stops all servers, the DataNode before its NameNode. Returns the names of those that were
    /// running.
    ///
    /// # Errors
    /// Returns an error if a server can't be stopped.
    pub async fn stop(&self) -> Result<Vec<&'static str>> {
        let (kafka, hdfs) = tokio::join!(self.kafka.stop(), async {
            let datanode = self.datanode.stop().await?;
            anyhow::Ok([datanode, self.namenode.stop().await?])
        });
        let [datanode, namenode] = hdfs?;
        let servers =
            [(kafka?, &self.kafka), (datanode, &self.datanode), (namenode, &self.namenode)];
        let stopped = servers.into_iter().filter(|(was_running, _)| *was_running);
        Ok(stopped.map(|(_, server)| server.name()).collect())
    }

    /// The ports of the servers.
    #[must_use]
    pub const fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Copies a file or folder out of HDFS with Hadoop's own shell. Skips files whose writer died before
    /// closing them.
    ///
    /// # Errors
    /// Returns an error if the source is missing or `to` exists.
    pub fn copy_out(&self, from: &str, to: &Path) -> Result<()> {
        hdfs::copy_out(&self.namenode, from, to)
    }
}

pub(super) fn ports_file(dir: &Path) -> PathBuf {
    dir.join("ports.json")
}
