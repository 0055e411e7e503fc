//! Boots the consumer.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use consumer::{accept_log, feed::TableOption};
use vitals_core::runtime::{http, service};

/// Archives readings from Kafka to the lake, exactly once.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: service::CommonArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Archive until stopped; what is done without a command
    Run,
    /// Prove from the lake alone that every offset is there once; exit status 1 when not
    Audit(consumer::audit::Options),
    /// Merge small files, write checkpoints, delete what nobody needs any more
    Maintain,
    /// Judge the rejected messages in the lake again, after a fix of the decoder or its limits
    ReplayRejected {
        #[command(flatten)]
        table: TableOption,
        /// Only count
        #[arg(long)]
        dry_run: bool,
    },
    /// Archive what is in Kafka's log now as a new log: after a topic was recreated or truncated
    #[command(group = clap::ArgGroup::new("which").required(true))]
    AcceptLog {
        #[command(flatten)]
        table: TableOption,
        /// This partition
        #[arg(long, group = "which")]
        partition: Option<i32>,
        /// All partitions that don't go on by themselves
        #[arg(long, group = "which")]
        all: bool,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    service::main("consumer", &args.common, async |settings, shutdown| match args.command {
        None | Some(Command::Run) => {
            let listener = http::listen(settings.consumer.listen, "consumer.listen").await?;
            consumer::run(settings, listener, shutdown).await
        }
        Some(Command::AcceptLog { table, partition, all: _ }) => {
            let which = partition.map_or(accept_log::Which::All, accept_log::Which::One);
            accept_log::run(&settings, table.feed, which).await
        }
        Some(Command::Maintain) => consumer::maintain::run(&settings).await,
        Some(Command::ReplayRejected { table, dry_run }) => {
            consumer::replay::run(&settings, table.feed, dry_run).await
        }
        Some(Command::Audit(options)) => consumer::audit::run(&settings, options).await,
    })
}
