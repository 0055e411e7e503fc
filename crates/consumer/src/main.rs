//! Boots the consumer.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
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
        /// Only count
        #[arg(long)]
        dry_run: bool,
    },
}

fn main() -> ExitCode {
    let args = Args::parse();
    service::main("consumer", &args.common, async |settings, shutdown| match args.command {
        None | Some(Command::Run) => {
            let listener = http::listen(settings.consumer.listen, "consumer.listen").await?;
            consumer::run(settings, listener, shutdown).await
        }
        Some(Command::Maintain) => consumer::maintain::run(&settings).await,
        Some(Command::ReplayRejected { dry_run }) => {
            consumer::replay::run(&settings, dry_run).await
        }
        Some(Command::Audit(options)) => consumer::audit::run(&settings, options).await,
    })
}
