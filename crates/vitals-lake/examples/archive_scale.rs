//! Time of a commit against the size of a table: `cargo xtask bench archive-scale`.
//!
//! The tables are synthetic: their logs name data files that do not exist, which no commit reads.
//! A commit is measured as the archive makes it: the log is looked for, the positions are known from
//! the commit before, and files and positions are committed.

use std::{collections::HashMap, time::Instant};

use anyhow::Context as _;
use deltalake::{
    DeltaTable,
    kernel::{Add, Transaction},
};
use vitals_core::{domain::log_id::LogId, runtime::config::LakeSettings};
use vitals_lake::{
    append,
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

/// The sizes: the figure's name, live files and partitions.
const SIZES: [(&str, u32, i32); 6] = [
    ("100_files", 100, 12),
    ("1000_files", 1_000, 12),
    ("10000_files", 10_000, 12),
    ("100000_files", 100_000, 12),
    ("12_partitions", 1_000, 12),
    ("2000_partitions", 1_000, 2_000),
];

/// Measures every size below the URL of a lake, the only argument, and prints JSON.
#[tokio::main]
#[expect(clippy::print_stdout, reason = "the figures are the output")]
async fn main() -> anyhow::Result<()> {
    let url = std::env::args().nth(1).context("usage: archive_scale LAKE_URL")?;
    let mut figures = serde_json::Map::new();
    for (name, files, partitions) in SIZES {
        let url = format!("{url}/{name}");
        let settings = LakeSettings { url, timeout_ms: 600_000, ..LakeSettings::default() };
        let lake = Lake::new(&settings)?;
        fill(&lake, files, partitions).await.with_context(|| format!("filling {name}"))?;
        let median_ms = measure(&lake).await.with_context(|| format!("measuring {name}"))?;
        figures.insert(format!("commit_ms_{name}"), median_ms.into());
    }
    println!("{}", serde_json::to_string(&figures)?);
    Ok(())
}

fn log() -> TopicLog {
    TopicLog { id: LogId::new("bench", 1), topic: "vitals".to_owned() }
}

/// Creates a table with `files` live files and positions of `partitions`, and a checkpoint.
async fn fill(lake: &Lake, files: u32, partitions: i32) -> anyhow::Result<()> {
    let mut table = lake.open_or_create(&VITALS).await?;
    let moved = (0..partitions).flat_map(|partition| log().moved(partition, 0, None));
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

/// The median time of a commit, in milliseconds.
async fn measure(lake: &Lake) -> anyhow::Result<f64> {
    let mut table = lake.open(VITALS.name).await?.context("no table")?;
    let mut transactions = Transactions::read(lake, &table).await?;
    let mut times = Vec::new();
    for round in 0..COMMITS {
        let started = Instant::now();
        commit(lake, &mut table, &mut transactions, u32::try_from(round)?).await?;
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    times.sort_by(f64::total_cmp);
    times.get(COMMITS / 2).copied().context("no commit")
}

/// One commit, as the archive makes it.
async fn commit(
    lake: &Lake,
    table: &mut DeltaTable,
    transactions: &mut Transactions,
    round: u32,
) -> anyhow::Result<()> {
    lake.require_log(table).await?;
    transactions.update(lake, table).await?;
    let next = i64::from(round) + 1;
    let partitions = 0..PARTITIONS_PER_COMMIT;
    let moved: Vec<Transaction> =
        partitions.flat_map(|partition| log().moved(partition, next, None)).collect();
    let added = vec![file(1_000_000 + 2 * round), file(1_000_001 + 2 * round)];
    append::commit(table, "bench", added, moved.clone()).await?;
    transactions.committed(table.version(), &moved);
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
