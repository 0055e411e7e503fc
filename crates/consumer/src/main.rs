//! Boots the consumer.

use std::process::ExitCode;

use clap::Parser;
use vitals_core::runtime::{http, service};

/// Archives readings from Kafka to the lake, exactly once.
#[derive(Parser)]
#[command(version)]
struct Args {
    #[command(flatten)]
    common: service::CommonArgs,
}

fn main() -> ExitCode {
    let args = Args::parse();
    service::main("consumer", &args.common, async |settings, shutdown| {
        let listener = http::listen(settings.consumer.listen, "consumer.listen").await?;
        consumer::run(settings, listener, shutdown).await
    })
}
