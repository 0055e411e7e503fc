//! The baselines: a Python program and Spark.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use serde::Deserialize;

use super::comparison::Outcome;
use super::topic::{NAME, Topic, empty_folder};
use crate::bench::{folder, sampler::Sampler};
use crate::services::jars;
use crate::{command, paths, process, suite::python};

/// The output of a baseline.
#[derive(Deserialize)]
struct Output {
    messages: u64,
    seconds: f64,
    bytes: u64,
}

/// Runs confluent-kafka, json and pandas on the first `messages` messages.
pub(super) async fn python(topic: &Topic, messages: u64) -> Result<Outcome> {
    let messages = messages.min(topic.messages).to_string();
    let out = empty_folder("python")?.display().to_string();
    run("python_consumer.py", &[&topic.bootstrap(), NAME, &messages, &out]).await
}

/// Runs Spark Structured Streaming on the whole topic.
pub(super) async fn spark(topic: &Topic) -> Result<Outcome> {
    let jars = folder().join("spark-jars");
    jars::fetch_of(&sources().join("pom.xml"), &jars)?;
    let jars = jars.display().to_string();
    let out = empty_folder("spark")?.display().to_string();
    let outcome = run("spark_consumer.py", &[&topic.bootstrap(), NAME, &jars, &out]).await?;
    ensure!(
        outcome.messages == topic.messages,
        "Spark stored {} of {} messages",
        outcome.messages,
        topic.messages
    );
    Ok(outcome)
}

fn sources() -> PathBuf {
    paths::root().join("crates/xtask/bench")
}

async fn run(script: &str, args: &[&str]) -> Result<Outcome> {
    let requirements = sources().join("requirements.txt");
    let python = python::environment_of(&folder().join("venv"), &requirements)?;
    let script = sources().join(script).display().to_string();
    let words: Vec<&str> = std::iter::once(script.as_str()).chain(args.iter().copied()).collect();
    let mut command = command::program(python, Path::new(&paths::root()), &words);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    process::die_with_parent(&mut command, Signal::SIGTERM);
    let child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
    // Sampled from the start: the interpreter and the JVM belong to the cost.
    let sampler = Sampler::start(i32::try_from(child.id().context("the baseline has ended")?)?);
    let output = child.wait_with_output().await?;
    let samples = sampler.stop();
    ensure!(output.status.success(), "{script} failed ({})", output.status);
    // Libraries may print, too; the result is the last line.
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    let result: Output =
        serde_json::from_str(last).with_context(|| format!("{script} printed {text}"))?;
    Ok(Outcome {
        messages: result.messages,
        time: Duration::from_secs_f64(result.seconds),
        usage: samples.total(),
        bytes: result.bytes,
        further: Vec::new(),
    })
}
