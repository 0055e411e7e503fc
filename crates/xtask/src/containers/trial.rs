//! The trial: every promise of the compose file, seen from outside.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reqwest::Client;
use serde_json::Value;

use super::engine::{Engine, docker};
use super::project::Project;
use super::report::{LAYER_LIMITS_MB, Report, megabytes};
use super::stand_ins;
use crate::demo::live;
use crate::suite::python;
use crate::{command, http, independent, say};

/// Kafka and the dashboard as the file publishes them.
const KAFKA: &str = "127.0.0.1:9092";
const DASHBOARD: &str = "127.0.0.1:8080";
const MODEL_SERVER: &str = "127.0.0.1:8000";
const PRODUCER: &str = "127.0.0.1:9101";

/// The containers that run for good, in the order in which they are killed.
const KILLED: [&str; 7] =
    ["producer", "model-server", "dashboard", "consumer", "datanode", "namenode", "kafka"];

const REPLICAS: usize = 3;
/// A machine may be slow, and busy with the containers themselves.
const TIMEOUT: Duration = Duration::from_secs(300);
const POLL_INTERVAL: Duration = Duration::from_millis(500);

/// The request of the README.
const PATIENT: &str = r#"{"pregnancies":0,"glucose":137,"blood_pressure":40,"skin_thickness":35,
"insulin":168,"bmi":43.1,"diabetes_pedigree_function":2.288,"age":33}"#;

/// Builds the images, runs the file, breaks it, and compares the lake with Kafka.
///
/// # Errors
/// Returns an error if a promise does not hold; the containers are removed in any case.
pub async fn run() -> Result<()> {
    python::environment()?;
    let _engine = Engine::start()?;
    stand_ins::ensure_images()?;
    // An interrupted trial may have left its volumes.
    Project::run(&["down", "--volumes", "--remove-orphans"])?;
    let mut report = Report::default();
    build(&mut report)?;
    let outcome = attempt(&mut report).await;
    // Before the containers are removed, with which their logs are lost.
    if outcome.is_err() {
        Project::run(&["ps"])?;
        Project::run(&["logs", "--tail", "15", "--no-color"])?;
    }
    Project::run(&["down", "--volumes", "--remove-orphans"])?;
    report.print();
    outcome
}

fn build(report: &mut Report) -> Result<()> {
    let start = Instant::now();
    Project::run(&["build"])?;
    report.build = start.elapsed();
    for (service, limit) in LAYER_LIMITS_MB {
        let image = format!("vitals-{service}");
        let bytes = Project::added_bytes(&image, stand_ins::DEBIAN)?;
        report.layers.push((service, bytes));
        // Binaries from elsewhere may be of another profile.
        let is_release = std::env::var_os("BINARIES").is_none();
        ensure!(
            !is_release || bytes <= limit * 1_000_000,
            "{image} adds {:.1} MB to its base image, more than {limit} MB",
            megabytes(bytes)
        );
    }
    Ok(())
}

async fn attempt(report: &mut Report) -> Result<()> {
    let client = http::client()?;
    // Up.
    let start = Instant::now();
    Project::run(&["up", "--detach", "--no-build"])?;
    let change =
        until("a reading on the page", async || live::served(&client, DASHBOARD).await).await?;
    report.first_reading = start.elapsed();
    say!("{change}");
    predict(&client).await?;
    until("rows in HDFS", async || rows("/lake/vitals")).await?;
    report.first_rows = start.elapsed();
    ready(&client).await?;
    // Crashes.
    for service in KILLED {
        let took = kill_and_recover(&client, service).await?;
        say!("{service} recovered in {:.1} s", took.as_secs_f64());
        report.recoveries.push((service, took));
    }
    // More consumers.
    report.scaling = scale(&client).await?;
    // Down and up again, with the volumes.
    Project::run(&["down"])?;
    Project::run(&["up", "--detach", "--no-build"])?;
    until("a reading on the page", async || live::served(&client, DASHBOARD).await).await?;
    ready(&client).await?;
    report.compared = compare(&client).await?;
    Ok(())
}

/// Repeats `attempt` until it succeeds; the error of the last one explains a timeout.
async fn until<T>(what: &str, mut attempt: impl AsyncFnMut() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    loop {
        match attempt().await {
            Ok(value) => return Ok(value),
            Err(error) if start.elapsed() > TIMEOUT => {
                return Err(error.context(format!("{what}: not within {TIMEOUT:?}")));
            }
            Err(_) => tokio::time::sleep(POLL_INTERVAL).await,
        }
    }
}

async fn predict(client: &Client) -> Result<()> {
    let url = format!("http://{MODEL_SERVER}/predict");
    let request = client.post(&url).header("content-type", "application/json").body(PATIENT);
    let response: Value = request.send().await?.error_for_status()?.json().await?;
    ensure!(response["contributions"].as_array().is_some_and(|them| them.len() == 8), "{response}");
    say!("POST /predict: probability {}", response["probability"]);
    Ok(())
}

/// Waits until every service is ready.
async fn ready(client: &Client) -> Result<()> {
    until("every service is ready", async || {
        let consumer = Project::address("consumer", 9102, 1)?;
        for address in [PRODUCER, MODEL_SERVER, DASHBOARD, &consumer] {
            http::get_json(client, &format!("http://{address}/ready")).await?;
        }
        Ok(())
    })
    .await
}

/// Kills the main process of `service`, and waits until the restart policy has brought it back and
/// all services are ready.
async fn kill_and_recover(client: &Client, service: &str) -> Result<Duration> {
    let before = Project::containers(service)?;
    let killed = before.first().context("no container")?;
    ensure!(killed.pid > 0, "{service} does not run");
    let start = Instant::now();
    kill(Pid::from_raw(killed.pid), Signal::SIGKILL).context("killing the main process")?;
    until(&format!("{service} is healthy again"), async || {
        let now = Project::containers(service)?;
        let now = now.iter().find(|it| it.id == killed.id).context("another container")?;
        ensure!(now.started_at != killed.started_at, "not restarted");
        ensure!(now.health == "healthy", "{}", now.health);
        Ok(())
    })
    .await?;
    ready(client).await?;
    live_reading(client).await?;
    Ok(start.elapsed())
}

async fn live_reading(client: &Client) -> Result<()> {
    until("readings arrive on the page", async || live::served(client, DASHBOARD).await).await?;
    Ok(())
}

/// Scales the consumer; every replica gets partitions and a spool folder of its own.
async fn scale(client: &Client) -> Result<String> {
    let replicas = format!("consumer={REPLICAS}");
    Project::run(&["up", "--detach", "--no-build", "--no-recreate", "--scale", &replicas])?;
    let shares = until("every replica has partitions", async || {
        let mut shares = Vec::new();
        for index in 1..=REPLICAS {
            let address = Project::address("consumer", 9102, index)?;
            http::get_json(client, &format!("http://{address}/ready")).await?;
            let status = http::get_json(client, &format!("http://{address}/status")).await?;
            let partitions = status["topics"][0]["partitions"].as_array().map_or(0, Vec::len);
            ensure!(partitions > 0, "replica {index} has no partition");
            shares.push(partitions);
        }
        Ok(shares)
    })
    .await?;
    let mut container = Project::containers("consumer")?;
    // Any replica shows the folders of all: they share a volume.
    let container = container.pop().context("no consumer")?.id;
    let spool = command::output(&mut docker(&[
        "cp",
        &format!("{container}:/vitals/data/spool"),
        &copy_of("spool")?,
    ]));
    spool?;
    let locks = fs::read_dir(stand_ins::folder().join("spool"))?.count();
    ensure!(locks >= REPLICAS, "{locks} spool folders for {REPLICAS} replicas");
    Ok(format!("{REPLICAS} consumers with {shares:?} partitions, {locks} spool folders"))
}

/// Stops the producer, waits until all is archived, and compares the table with the topic by a
/// reader in another language. Returns the number of messages.
async fn compare(client: &Client) -> Result<u64> {
    // Without new messages both sides stand still, and can be compared.
    Project::run(&["stop", "producer"])?;
    let consumer = Project::address("consumer", 9102, 1)?;
    until("the archive has caught up", async || {
        let status = http::get_json(client, &format!("http://{consumer}/status")).await?;
        let partitions = status["topics"][0]["partitions"].as_array().context("no partitions")?;
        ensure!(!partitions.is_empty(), "no partition is assigned");
        let lag: i64 = partitions.iter().filter_map(|it| it["lag"].as_i64()).sum();
        ensure!(lag == 0, "lag {lag}");
        Ok(())
    })
    .await?;
    let table = copy_out("/lake/vitals")?;
    let compared = independent::compare(KAFKA, &[(Path::new(&table), "vitals")])?;
    let counts = compared.first().context("no comparison")?;
    // The simulator numbers its readings from 0 again after the kill.
    for finding in independent::FINDINGS.iter().filter(|it| **it != "readings_duplicated") {
        ensure!(counts[finding] == 0, "{finding}: {counts}");
    }
    counts["messages"].as_u64().with_context(|| format!("no messages in {counts}"))
}

/// Reads the table with another reader; an error without rows.
fn rows(table: &str) -> Result<()> {
    let copy = copy_out(table)?;
    let rows = independent::run("read_table.py", &[&copy])?;
    match rows.as_array().map(Vec::len) {
        Some(count) if count > 0 => {
            say!("{count} rows in {table}, read by deltalake for Python");
            Ok(())
        }
        _ => bail!("{table} has no rows yet"),
    }
}

/// Copies a folder out of HDFS with Hadoop's own client.
fn copy_out(folder: &str) -> Result<String> {
    let inside = "/tmp/copy";
    let removed = ["exec", "-T", "namenode", "rm", "-rf", inside];
    Project::output(&removed)?;
    Project::output(&["exec", "-T", "namenode", "hdfs", "dfs", "-copyToLocal", folder, inside])?;
    let namenode = Project::containers("namenode")?;
    let id = &namenode.first().context("no name node")?.id;
    let copy = copy_of("table")?;
    command::output(&mut docker(&["cp", &format!("{id}:{inside}"), &copy]))?;
    Ok(copy)
}

/// A path for a copy that does not exist yet.
fn copy_of(name: &str) -> Result<String> {
    let copy = stand_ins::folder().join(name);
    if copy.exists() {
        fs::remove_dir_all(&copy).with_context(|| format!("removing {}", copy.display()))?;
    }
    Ok(copy.display().to_string())
}
