//! The producer's binary.

use std::process::ExitCode;

use clap::Parser as _;
use producer::{Cli, run};
use vitals_core::runtime::{http, service};

fn main() -> ExitCode {
    let (common, job) = Cli::parse().into_parts();
    service::main("producer", &common, |settings, shutdown| async move {
        let listener = http::listen(settings.producer.listen, "producer.listen").await?;
        run(settings, job, listener, shutdown).await
    })
}
