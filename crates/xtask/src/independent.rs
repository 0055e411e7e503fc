//! An independent view of the archived table: Python with `deltalake`, `pyarrow` and `kafka-python`
//! from PyPI, which share no code with the product.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{command, paths, suite::python};

/// Counts that must be 0 after a comparison of a table with its topic.
pub const FINDINGS: [&str; 7] = [
    "readings_missing",
    "readings_duplicated",
    "readings_unknown",
    "positions_missing",
    "positions_duplicated",
    "positions_unknown",
    "values_different",
];

/// Runs a script from `tests/python` and returns the JSON that it prints.
///
/// # Errors
/// Returns an error if Python or a package is missing, the script fails, or its output is not JSON.
pub fn run(script: &str, args: &[&str]) -> Result<Value> {
    let script = paths::root().join("crates/xtask/tests/python").join(script);
    let script = script.display().to_string();
    let mut words = vec![script.as_str()];
    words.extend(args);
    let mut python = command::program(python::environment()?, &paths::root(), &words);
    let text = command::output(&mut python)?;
    serde_json::from_str(&text).with_context(|| format!("{script} printed {text}"))
}

/// Compares tables with the topics that they archive. Returns an object of counts for each table,
/// with all of [`FINDINGS`].
///
/// # Errors
/// See [`run`].
pub fn compare(bootstrap: &str, tables: &[(&Path, &str)]) -> Result<Vec<Value>> {
    // The script takes pairs of a table and a topic.
    let folders: Vec<String> =
        tables.iter().map(|(folder, _)| folder.display().to_string()).collect();
    let mut args = vec![bootstrap];
    for (folder, (_, topic)) in folders.iter().zip(tables) {
        args.extend([folder.as_str(), topic]);
    }
    match run("compare_with_kafka.py", &args)? {
        Value::Array(compared) => Ok(compared),
        other => anyhow::bail!("the comparison returned no array: {other}"),
    }
}
