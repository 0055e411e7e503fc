//! Boots the consumer.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use consumer::{
    accept_log, audit, erase,
    feed::TableOption,
    maintain, repair, replay,
    watch::commands::{self, WatchCommand},
};
use mimalloc::MiMalloc;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{config::Settings, healthcheck, http, service};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Archives readings, predictions and patient contexts from Kafka to the lake, exactly once.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: service::CommonArgs,
    #[command(flatten)]
    run: RunOptions,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Clone, Copy, clap::Args)]
struct RunOptions {
    /// Begin new tables although this consumer group has archived to others before
    #[arg(long)]
    create: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Archive and watch until stopped (the default)
    Run(RunOptions),
    /// List alarms, acknowledge and silence them
    #[command(subcommand)]
    Watch(WatchCommand),
    /// Request /health of the running service; exit status 1 unless it responds with 200
    Healthcheck,
    /// Verify from the lake that every offset is stored exactly once; exit status 1 if not
    Audit(audit::Options),
    /// Compact small files, write checkpoints, delete expired files
    Maintain,
    /// Decode rejected messages in the lake again, after a fix of the decoder or its limits
    ReplayRejected {
        #[command(flatten)]
        table: TableOption,
        /// Count the messages and change nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Re-read a range of offsets from Kafka into a hole of the table
    Repair(repair::Options),
    /// Erase a patient's rows from the lake
    Erase(erase::Options),
    /// Archive the current log of a recreated or truncated topic as a new log
    #[command(group = clap::ArgGroup::new("which").required(true))]
    AcceptLog {
        #[command(flatten)]
        table: TableOption,
        /// Accept the log of this partition
        #[arg(long, group = "which")]
        partition: Option<i32>,
        /// Accept the logs of all stopped partitions
        #[arg(long, group = "which")]
        all: bool,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(Command::Healthcheck) = args.command {
        return healthcheck::run(&args.common, |settings| settings.consumer.listen);
    }
    service::main("consumer", &args.common, async |settings, shutdown| match args.command {
        None => run(settings, args.run, shutdown).await,
        // Handled before the service starts.
        Some(Command::Healthcheck) => Ok(()),
        Some(Command::Run(options)) => {
            // The option is accepted before and after the subcommand.
            let create = options.create || args.run.create;
            run(settings, RunOptions { create }, shutdown).await
        }
        Some(Command::Watch(command)) => {
            commands::run(&settings, command, &mut std::io::stdout()).await
        }
        Some(Command::AcceptLog { table, partition, all: _ }) => {
            let partitions = match partition {
                Some(partition) => accept_log::Partitions::One(partition),
                None => accept_log::Partitions::AllStopped,
            };
            accept_log::run(&settings, table.feed, partitions).await
        }
        Some(Command::Maintain) => maintain::run(&settings).await,
        Some(Command::ReplayRejected { table, dry_run }) => {
            replay::run(&settings, table.feed, dry_run).await
        }
        Some(Command::Repair(options)) => repair::run(&settings, options).await,
        Some(Command::Erase(options)) => erase::run(&settings, &options).await,
        Some(Command::Audit(options)) => audit::run(&settings, options).await,
    })
}

async fn run(
    mut settings: Settings,
    options: RunOptions,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    settings.consumer.create_tables |= options.create;
    let listener = http::listen(settings.consumer.listen, "consumer.listen").await?;
    consumer::run(settings, listener, shutdown).await
}
