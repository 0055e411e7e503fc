//! Generates the TypeScript of the contract and detects drift.

use std::path::Path;

use ts_rs::{Config, TS};
use vitals_core::runtime::generated_files::assert_current;

use super::*;

/// Writes a file per type used by the pages.
fn export(folder: &Path) {
    // JSON numbers are numbers in TypeScript: milliseconds and counts stay below 2^53.
    let config = Config::new().with_large_int("number").with_out_dir(folder);
    WardSnapshot::export_all(&config).unwrap();
    WardUpdate::export_all(&config).unwrap();
    Heartbeat::export_all(&config).unwrap();
    Limits::export_all(&config).unwrap();
    History::export_all(&config).unwrap();
    AlarmHistory::export_all(&config).unwrap();
    Status::export_all(&config).unwrap();
    ServerTime::export_all(&config).unwrap();
    Pipeline::export_all(&config).unwrap();
    Statistics::export_all(&config).unwrap();
    Activity::export_all(&config).unwrap();
    ActivityReport::export_all(&config).unwrap();
}

#[test]
fn the_typescript_is_generated_from_these_types() {
    let generated = tempfile::tempdir().unwrap();
    export(generated.path());
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/lib/wire");
    assert_current(&committed, generated.path());
}
