//! `cargo xtask services up|down|status`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::{Lifetime, Ports, Server, Services, ports};
use crate::{paths, say};

/// Which instance is meant.
#[derive(Args, Debug)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
    /// The instance's folder: settings, data, logs [default: target/services]
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Start what doesn't run, wait until it is ready, create the topics
    Up {
        /// Kafka's port on 127.0.0.1
        #[arg(long, default_value_t = ports::KAFKA)]
        kafka_port: u16,
        /// The NameNode's RPC port on 127.0.0.1
        #[arg(long, default_value_t = ports::NAMENODE)]
        hdfs_port: u16,
    },
    /// Stop what `up` started, and nothing else
    Down {
        /// Delete the data, settings and logs as well
        #[arg(long)]
        wipe: bool,
    },
    /// Say what runs; exit status 3 when not everything does
    Status,
}

/// Does what the command line asks.
///
/// # Errors
/// When it can't be done; the message says what is missing or in the way.
pub async fn run(options: Options) -> Result<ExitCode> {
    let dir = options.dir.unwrap_or_else(|| paths::target().join("services"));
    match options.action {
        Action::Up { kafka_port, hdfs_port } => {
            up(&dir, Ports::with_clients(kafka_port, hdfs_port)?).await
        }
        Action::Down { wipe } => down(&dir, wipe).await,
        Action::Status => status(&dir).await,
    }
}

async fn up(dir: &Path, ports: Ports) -> Result<ExitCode> {
    let known = Services::open(dir)?;
    let already =
        known.is_some_and(|it| it.servers().iter().all(|server| server.running().is_some()));
    if !already {
        say!("starting Kafka and HDFS in {}", dir.display());
    }
    let services = Services::start(dir, ports, Lifetime::Detached).await?;
    say!("{}", if already { "already running" } else { "ready" });
    describe(&services);
    Ok(ExitCode::SUCCESS)
}

async fn down(dir: &Path, wipe: bool) -> Result<ExitCode> {
    let stopped = match Services::open(dir)? {
        Some(services) => services.stop().await?,
        None => Vec::new(),
    };
    match stopped.as_slice() {
        [] => say!("nothing was running in {}", dir.display()),
        names => say!("stopped {}", names.join(", ")),
    }
    // Only a folder that `up` made is ever removed.
    if wipe && super::instance::ports_file(dir).exists() {
        fs::remove_dir_all(dir).with_context(|| format!("removing {}", dir.display()))?;
        say!("removed {}", dir.display());
    }
    Ok(ExitCode::SUCCESS)
}

async fn status(dir: &Path) -> Result<ExitCode> {
    let Some(services) = Services::open(dir)? else {
        say!("never started in {}", dir.display());
        return Ok(ExitCode::from(3));
    };
    let ready = services.ready().await?;
    describe(&services);
    say!("Kafka ready: {}, HDFS ready: {}", ready.kafka, ready.hdfs);
    Ok(if ready.kafka && ready.hdfs { ExitCode::SUCCESS } else { ExitCode::from(3) })
}

fn describe(services: &Services) {
    say!("  Kafka     {}", services.bootstrap_servers());
    say!("  HDFS      {}/", services.hdfs());
    for server in services.servers() {
        say!("  {:<9} {:<13} {}", server.name(), state(server), server.log().display());
    }
}

fn state(server: &Server) -> String {
    server.running().map_or_else(|| "not running".to_owned(), |id| format!("pid {}", id.pid))
}
