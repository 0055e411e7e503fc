//! The producer's binary.

use std::process::ExitCode;

use clap::Parser as _;
use producer::{Cli, Command, context, replay, run};
use vitals_core::runtime::{clock, healthcheck, http, service};

fn main() -> ExitCode {
    let (common, job) = Cli::parse().into_parts();
    if job.command == Command::Healthcheck {
        return healthcheck::run(&common, |settings| settings.producer.listen);
    }
    service::main("producer", &common, |settings, shutdown| async move {
        // Commands that write a result and end need no port.
        if let Command::Context(command) = &job.command {
            return context::run(&settings, command.clone(), &mut std::io::stdout()).await;
        }
        if let Command::Replay(args) = &job.command
            && args.check
        {
            return replay::check(args, clock::now_ms(), &mut std::io::stdout());
        }
        let listener = http::listen(settings.producer.listen, "producer.listen").await?;
        run(settings, job, listener, shutdown).await
    })
}
