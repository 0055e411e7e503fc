//! The independent view: Python with `deltalake`, `pyarrow` and `kafka-python` from PyPI, which know
//! nothing of the product.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::{command, paths, suite::python};

/// What must be 0 when a table was compared with its topic.
pub const FINDINGS: [&str; 7] = [
    "readings_missing",
    "readings_twice",
    "readings_invented",
    "positions_missing",
    "positions_twice",
    "positions_invented",
    "values_different",
];

/// Runs a script of `tests/python` and returns the JSON that it prints.
///
/// # Errors
/// When Python or a package is missing, the script fails, or what it prints is not JSON.
pub fn run(script: &str, args: &[&str]) -> Result<Value> {
    let script = paths::root().join("crates/xtask/tests/python").join(script);
    let script = script.display().to_string();
    let mut words = vec![script.as_str()];
    words.extend(args);
    let mut python = command::program(python::environment()?, &paths::root(), &words);
    let text = command::output(&mut python)?;
    serde_json::from_str(&text).with_context(|| format!("{script} printed {text}"))
}

/// Compares tables, each in a folder of its own, with the topics that they archive: an object of
/// counts for each, with all of [`FINDINGS`].
///
/// # Errors
/// As [`run`].
pub fn compare(bootstrap: &str, tables: &[(&Path, &str)]) -> Result<Vec<Value>> {
    let folders: Vec<String> =
        tables.iter().map(|(folder, _)| folder.display().to_string()).collect();
    let mut args = vec![bootstrap];
    for (folder, (_, topic)) in folders.iter().zip(tables) {
        args.extend([folder.as_str(), topic]);
    }
    match run("compare_with_kafka.py", &args)? {
        Value::Array(compared) => Ok(compared),
        other => anyhow::bail!("not an array: {other}"),
    }
}
