//! The consumer: reads the topic of readings and keeps every message in the lake exactly once.
//!
//! The stages, in the order of the data, are the modules of [`archive`].
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic"))]

pub mod accept;

pub mod archive;
pub mod audit;
pub mod maintain;
pub mod replay;

mod fault;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::{
    config::Settings,
    http::{self, Identity},
    readiness::Readiness,
    service::GRACE,
    tasks::Tasks,
};

/// Archives until `shutdown`; then what is in hand is committed first.
///
/// # Errors
/// When a part dies: the broker refuses the client for good, the log was recreated, or a bug.
/// A broker or a storage that is away is waited for.
pub async fn run(
    settings: Settings,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    fault::check()?;
    let readiness = Readiness::waiting_for(&["kafka", "lake"]);
    let identity = Identity {
        service: "consumer",
        version: env!("CARGO_PKG_VERSION"),
        readiness: readiness.clone(),
    };
    let mut tasks = Tasks::new(shutdown.clone());
    let board = archive::Board::default();
    let router = http::ops(identity).merge(board.router());
    tasks.spawn("http", http::serve(listener, router, shutdown.clone()));
    maintain::start(&mut tasks, &settings, &shutdown).context("maintenance")?;
    archive::start(&mut tasks, settings, readiness, board, &shutdown).context("archive")?;
    tasks.join(GRACE).await
}
