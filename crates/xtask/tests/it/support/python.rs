//! The independent view: Python with `deltalake`, `pyarrow` and `kafka-python` from PyPI.

use std::path::Path;

use serde_json::Value;
use xtask::{command, paths, suite::python};

/// What must be 0 when a table was compared with its topic.
pub(crate) const FINDINGS: [&str; 7] = [
    "readings_missing",
    "readings_twice",
    "readings_invented",
    "positions_missing",
    "positions_twice",
    "positions_invented",
    "values_different",
];

/// Runs one of the scripts and returns the JSON that it prints.
pub(crate) fn run(script: &str, args: &[&str]) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python");
    let script = folder.join(script).display().to_string();
    let mut words = vec![script.as_str()];
    words.extend(args);
    let mut python = command::program(python::environment().unwrap(), &paths::root(), &words);
    let text = command::output(&mut python).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
