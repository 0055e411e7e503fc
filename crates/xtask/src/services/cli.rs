//! `cargo xtask services up|down|status`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::security::Security;
use super::{Lifetime, Ports, Server, Services, ports};
use crate::{paths, say, tools};

/// Options of `services`.
#[derive(Args, Debug)]
pub struct Options {
    #[command(subcommand)]
    action: Action,
    /// Folder of the instance: settings, data, logs [default: target/services, or
    /// target/services-secure with --secure]
    #[arg(long, global = true)]
    dir: Option<PathBuf>,
    /// The instance whose Kafka has TLS, authentication and ACLs; its folder is another one
    #[arg(long, global = true)]
    secure: bool,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Start the servers, wait until they are ready, and create the topics
    Up {
        /// Port of Kafka on 127.0.0.1
        #[arg(long, default_value_t = ports::KAFKA)]
        kafka_port: u16,
        /// RPC port of the NameNode on 127.0.0.1
        #[arg(long, default_value_t = ports::NAMENODE)]
        hdfs_port: u16,
    },
    /// Stop the servers that `up` started
    Down {
        /// Also delete the data, settings and logs
        #[arg(long)]
        wipe: bool,
    },
    /// Print the state of the servers; exit status 3 unless all are ready
    Status,
}

/// Runs the selected action.
///
/// # Errors
/// Returns an error if a tool is missing, a port is taken, or a server fails.
pub async fn run(options: Options) -> Result<ExitCode> {
    let name = if options.secure { "services-secure" } else { "services" };
    let dir = options.dir.unwrap_or_else(|| paths::target().join(name));
    match options.action {
        Action::Up { kafka_port, hdfs_port } => {
            if options.secure {
                tools::ensure(&[&tools::OPENSSL])?;
                Security::create(&dir)?;
            }
            up(&dir, Ports::with_clients(kafka_port, hdfs_port)?).await
        }
        Action::Down { wipe } => down(&dir, wipe).await,
        Action::Status => status(&dir).await,
    }
}

async fn up(dir: &Path, ports: Ports) -> Result<ExitCode> {
    // Only for the messages: `start` itself skips running servers.
    let known = Services::open(dir)?;
    let was_running =
        known.is_some_and(|services| services.servers().iter().all(|it| it.running().is_some()));
    if !was_running {
        say!("starting Kafka and HDFS in {}", dir.display());
    }
    let services = Services::start(dir, ports, Lifetime::Detached).await?;
    say!("{}", if was_running { "already running" } else { "ready" });
    describe(&services);
    Ok(ExitCode::SUCCESS)
}

async fn down(dir: &Path, wipe: bool) -> Result<ExitCode> {
    let stopped = match Services::open(dir)? {
        Some(services) => services.stop().await?,
        None => Vec::new(),
    };
    match stopped.as_slice() {
        [] => say!("no server was running in {}", dir.display()),
        names => say!("stopped {}", names.join(", ")),
    }
    // Only a folder created by `up` is removed.
    if wipe && super::instance::ports_file(dir).exists() {
        fs::remove_dir_all(dir).with_context(|| format!("removing {}", dir.display()))?;
        say!("removed {}", dir.display());
    }
    Ok(ExitCode::SUCCESS)
}

async fn status(dir: &Path) -> Result<ExitCode> {
    let Some(services) = Services::open(dir)? else {
        say!("no instance in {}", dir.display());
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
    if let Some(security) = services.security() {
        say!("  settings of the services, with a password:");
        describe_settings(&security.password_settings(services.ports()));
        say!("  settings of the services, with a client certificate:");
        describe_settings(&security.certificate_settings(services.ports()));
    }
    for server in services.servers() {
        say!("  {:<9} {:<13} {}", server.name(), state(server), server.log().display());
    }
}

fn describe_settings(settings: &[(&str, String)]) {
    for (key, value) in settings {
        say!("    VITALS__{key}={value}");
    }
}

fn state(server: &Server) -> String {
    server.running().map_or_else(|| "not running".to_owned(), |id| format!("pid {}", id.pid))
}
