//! Generates the TypeScript of the responses that the dashboard's pages read, and detects drift.

use std::path::Path;

use ts_rs::{Config, TS};
use vitals_core::{domain::prediction::RiskLevel, runtime::generated_files::assert_current};

use super::{Description, PredictResponse, explain::Explanation, schemas::RiskLevelSchema};

/// The folder belongs to the dashboard's pages. `BLESS=1` rewrites the files.
#[test]
fn the_typescript_is_generated_from_these_types() {
    let generated = tempfile::tempdir().unwrap();
    // JSON numbers are numbers in TypeScript: counts stay below 2^53.
    let config = Config::new().with_large_int("number").with_out_dir(generated.path());
    Description::export_all(&config).unwrap();
    PredictResponse::export_all(&config).unwrap();
    Explanation::export_all(&config).unwrap();
    let committed =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboard/ui/src/lib/wire/model");
    assert_current(&committed, generated.path());
}

#[test]
fn the_described_risk_levels_are_those_of_the_domain() {
    let described = RiskLevelSchema::inline(&Config::new());
    for level in [RiskLevel::Low, RiskLevel::Medium, RiskLevel::High] {
        assert!(described.contains(&serde_json::to_string(&level).unwrap()), "{described}");
    }
}
