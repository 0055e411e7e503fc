//! A Kafka of its own for a bench.

use std::process::ExitCode;

use anyhow::Result;

use super::archive::topic::empty_folder;
use super::figures::Figures;
use crate::say;
use crate::services::{Lifetime, Ports, Services};
use crate::tools::{self, JAVA, MAVEN};

/// Starts a Kafka with empty `topics`, each with its number of partitions, in the folder `name`;
/// measures with its bootstrap servers, stops it and saves the figures.
///
/// # Errors
/// Returns an error if Kafka or the measurement fails.
pub(super) async fn bench(
    name: &str,
    topics: &[(&str, i32)],
    measure: impl AsyncFnOnce(&str) -> Result<Figures>,
) -> Result<ExitCode> {
    tools::ensure(&[&JAVA, &MAVEN])?;
    let dir = empty_folder(name)?.join("kafka");
    let kafka = Services::start_kafka(&dir, Ports::free()?, Lifetime::Bound, topics).await?;
    let figures = measure(&kafka.bootstrap_servers()).await;
    kafka.stop().await?;
    say!("\nfigures in {}", figures?.save()?.display());
    Ok(ExitCode::SUCCESS)
}
