//! The producer's binary.

use std::process::ExitCode;

use clap::Parser as _;
use producer::{Cli, Command, context, run};
use vitals_core::runtime::{healthcheck, http, service};

fn main() -> ExitCode {
    let (common, job) = Cli::parse().into_parts();
    if job.command == Command::Healthcheck {
        return healthcheck::run(&common, |settings| settings.producer.listen);
    }
    service::main("producer", &common, |settings, shutdown| async move {
        if let Command::Context(command) = &job.command {
            return context::run(&settings, command.clone(), &mut std::io::stdout()).await;
        }
        let listener = http::listen(settings.producer.listen, "producer.listen").await?;
        run(settings, job, listener, shutdown).await
    })
}
