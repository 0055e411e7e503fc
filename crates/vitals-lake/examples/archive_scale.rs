//! Time of a commit against the size of a table: `cargo xtask bench archive-scale`.
//!
//! The tables are synthetic: their logs name data files that do not exist, which no commit reads.
//! A commit is measured as the archive makes it: the log is looked for, the positions are known from
//! the commit before, and files and positions are committed.
//!
//! The arguments are the URL of a lake and, for a lake on HDFS, the address of the NameNode's HTTP
//! server, which counts the calls.

use std::{
    collections::HashMap,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use deltalake::kernel::{Add, Transaction};
use vitals_core::{domain::log_id::LogId, runtime::config::LakeSettings};
use vitals_lake::{
    append::{self, LogWriter},
    maintain::checkpoint_if_due,
    position::{TopicLog, Transactions},
    schema::VITALS,
    table::Lake,
};

/// Partitions that one commit moves, at every size.
const PARTITIONS_PER_COMMIT: i32 = 12;

/// Files of one commit while a table is filled.
const FILES_PER_FILL: u32 = 2_000;

/// Commits that are measured; the median counts.
const COMMITS: usize = 21;

/// The NameNode's metrics are up to this old: its period of ten seconds, and some for the cache.
const METRICS_PERIOD: Duration = Duration::from_secs(21);

/// The sizes: the figure's name, live files and partitions.
const SIZES: [(&str, u32, i32); 6] = [
    ("100_files", 100, 12),
    ("1000_files", 1_000, 12),
    ("10000_files", 10_000, 12),
    ("100000_files", 100_000, 12),
    ("12_partitions", 1_000, 12),
    ("2000_partitions", 1_000, 2_000),
];

/// Methods of the NameNode that a DataNode calls, not a client.
const OF_DATANODES: [&str; 8] = [
    "SendHeartbeat",
    "BlockReport",
    "BlockReceivedAndDeleted",
    "RegisterDatanode",
    "VersionRequest",
    "SendLifeline",
    "CommitBlockSynchronization",
    "ErrorReport",
];

/// Measures every size below the URL of a lake, and prints JSON.
#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are the output")]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let url = args.next().context("usage: archive_scale LAKE_URL [NAMENODE]")?;
    let name_node = args.next();
    let mut figures = serde_json::Map::new();
    for (name, files, partitions) in SIZES {
        let url = format!("{url}/{name}");
        let settings = LakeSettings { url, timeout_ms: 600_000, ..LakeSettings::default() };
        let lake = Lake::new(&settings)?;
        fill(&lake, files, partitions).await.with_context(|| format!("filling {name}"))?;
        let measured = measure(&lake, name_node.as_deref()).await;
        let measured = measured.with_context(|| format!("measuring {name}"))?;
        figures.insert(format!("commit_ms_{name}"), measured.median_ms.into());
        if let Some(calls) = measured.calls {
            figures.insert(format!("calls_per_commit_{name}"), calls.into());
        }
    }
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn topic_log() -> TopicLog {
    TopicLog { id: LogId::new("bench", 1), topic: "vitals".to_owned() }
}

/// Creates a table with `files` live files and positions of `partitions`, and a checkpoint.
async fn fill(lake: &Lake, files: u32, partitions: i32) -> anyhow::Result<()> {
    let mut table = lake.open_or_create(&VITALS).await?;
    let moved = (0..partitions).flat_map(|partition| topic_log().moved(partition, 0, None));
    append::commit(&mut table, "fill", Vec::new(), moved.collect()).await?;
    let mut next = 0;
    while next < files {
        let end = files.min(next + FILES_PER_FILL);
        let added = (next..end).map(file).collect();
        append::commit(&mut table, "fill", added, Vec::new()).await?;
        next = end;
    }
    checkpoint_if_due(lake, VITALS.name, 1).await?;
    Ok(())
}

/// The calls that the NameNode has handled by now.
async fn settled_calls(name_node: Option<&str>) -> anyhow::Result<Option<u64>> {
    let Some(address) = name_node else { return Ok(None) };
    tokio::time::sleep(METRICS_PERIOD).await;
    calls(address).map(Some)
}

/// The number of calls of clients that the NameNode at `address` has handled.
fn calls(address: &str) -> anyhow::Result<u64> {
    let mut stream = TcpStream::connect(address).context("connecting to the NameNode")?;
    // HTTP/1.0 has neither chunks nor a connection that stays open.
    let query = "/jmx?qry=Hadoop:service=NameNode,name=RpcDetailedActivityForPort*";
    write!(stream, "GET {query} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut response = String::new();
    stream.read_to_string(&mut response)?;
    let (_, body) = response.split_once("\r\n\r\n").context("no body from the NameNode")?;
    let metrics: serde_json::Value =
        serde_json::from_str(body).context("the NameNode's metrics")?;
    let beans = metrics["beans"].as_array().context("no beans")?;
    Ok(beans.iter().filter_map(serde_json::Value::as_object).flatten().filter_map(count).sum())
}

/// The count of a metric such as `GetFileInfoNumOps`, unless it is of a DataNode's calls or counts
/// calls a second time.
fn count((name, value): (&String, &serde_json::Value)) -> Option<u64> {
    let method = name.strip_suffix("NumOps")?;
    let is_repeated = method.starts_with("Deferred") || method.starts_with("Overall");
    if is_repeated || OF_DATANODES.contains(&method) { None } else { value.as_u64() }
}

/// The measured commits of one size.
struct Measured {
    median_ms: f64,
    /// Calls of the NameNode, per commit.
    calls: Option<f64>,
}

/// Measures commits to a filled table.
async fn measure(lake: &Lake, name_node: Option<&str>) -> anyhow::Result<Measured> {
    let mut log = lake.open_log(VITALS.name).await?.context("no table")?;
    let mut transactions = Transactions::default();
    transactions.update(lake, log.table(), log.version()).await?;
    let calls_before = settled_calls(name_node).await?;
    let mut times = Vec::new();
    for round in 0..COMMITS {
        let started = Instant::now();
        commit(lake, &mut log, &mut transactions, u32::try_from(round)?).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    let calls_after = settled_calls(name_node).await?;
    let made = calls_after.zip(calls_before).map(|(after, before)| after.saturating_sub(before));
    times.sort_by(f64::total_cmp);
    Ok(Measured {
        median_ms: times.get(COMMITS / 2).copied().context("no commit")?,
        calls: made.map(|made| made as f64 / COMMITS as f64),
    })
}

/// One commit, as the archive makes it.
async fn commit(
    lake: &Lake,
    log: &mut LogWriter,
    transactions: &mut Transactions,
    round: u32,
) -> anyhow::Result<()> {
    lake.require_log(log).await?;
    transactions.update(lake, log.table(), log.version()).await?;
    let next = i64::from(round) + 1;
    let partitions = 0..PARTITIONS_PER_COMMIT;
    let moved: Vec<Transaction> =
        partitions.flat_map(|partition| topic_log().moved(partition, next, None)).collect();
    let added = vec![file(1_000_000 + 2 * round), file(1_000_001 + 2 * round)];
    log.commit("bench", added, moved.clone()).await?;
    transactions.committed(log.version(), &moved);
    Ok(())
}

/// The action for a file with the statistics of an appended one.
fn file(number: u32) -> Add {
    let first = u64::from(number) * 1_000;
    let last = first + 999;
    let bounds = |offset: u64| {
        serde_json::json!({
            "patient_id": format!("p-{:04}", offset % 7), "time": "2025-11-22T12:00:00.000Z",
            "kafka_partition": 0, "kafka_offset": offset, "sequence": offset,
        })
    };
    let stats = serde_json::json!({
        "numRecords": 1000, "minValues": bounds(first), "maxValues": bounds(last),
        "nullCount": {"patient_id": 0, "time": 0},
    });
    Add {
        path: format!("rejected=false/part-{number:08}.zstd.parquet"),
        partition_values: HashMap::from([("rejected".to_owned(), Some("false".to_owned()))]),
        size: 4_000,
        modification_time: 1_763_812_800_000,
        data_change: true,
        stats: Some(stats.to_string()),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}
