//! The people behind the shipped models, and the README's figures.

use std::{fs, path::Path, process::Command};

use model_server::registry::{Figures, Manifest, Registry};
use vitals_core::domain::model_event::Step;

use crate::client::workspace;

/// The manifests of the shipped versions.
fn manifests() -> Vec<Manifest> {
    let registry = Registry::new(workspace("models"));
    let ids = registry.list().unwrap();
    ids.iter().map(|id| registry.load(id).unwrap().manifest).collect()
}

/// The output of a git command in a folder; `None` if it failed or there is no git.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").current_dir(folder).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

/// The reason that the history of this repository can't be looked up, if there is one.
fn no_history(root: &Path) -> Option<&'static str> {
    // Another repository may surround a copy of the sources.
    let top = git(root, &["rev-parse", "--show-toplevel"]);
    if top.is_none_or(|top| fs::canonicalize(top).ok() != fs::canonicalize(root).ok()) {
        return Some("no git, or no repository of this project");
    }
    let is_shallow = git(root, &["rev-parse", "--is-shallow-repository"]);
    (is_shallow.as_deref() != Some("false")).then_some("the checkout is shallow")
}

#[test]
fn the_commit_of_every_manifest_is_an_ancestor() {
    let root = workspace(".");
    if let Some(reason) = no_history(&root) {
        eprintln!("skipped: {reason}");
        return;
    }
    for manifest in manifests() {
        let commit = manifest.commit.unwrap_or_default();
        let found = git(&root, &["merge-base", "--is-ancestor", &commit, "HEAD"]).is_some();
        assert!(found, "{} {}: no ancestor is {commit:?}", manifest.name, manifest.version);
    }
}

#[test]
fn every_approver_is_a_person_or_an_explained_role() {
    let docs = fs::read_to_string(workspace("docs/model/README.md")).unwrap();
    let (_, section) = docs.split_once("\n### Who approves\n").unwrap();
    let section = section.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
    let events = Registry::new(workspace("models")).events().unwrap();
    let changes = events
        .iter()
        .filter(|event| matches!(event.step, Step::Released | Step::Activated | Step::RolledBack));
    let mut approvers: Vec<&str> = changes.map(|event| event.who.as_str()).collect();
    approvers.dedup();
    assert!(!approvers.is_empty(), "no version was released");
    for who in approvers {
        // First and last name, or a role that the docs explain.
        let is_person = who.split_whitespace().count() > 1 && !who.starts_with("HTTP client");
        assert!(is_person || section.contains(&format!("`{who}`")), "{who} is not explained");
    }
}

/// The README's row of a model's figures.
fn figures(label: &str, figures: &Figures) -> String {
    let short = |value: f64| format!("{value:.4}").trim_start_matches('0').to_owned();
    format!(
        "| {label} | {} ({}) | {} | {} | {} |",
        short(figures.roc_auc.mean),
        short(figures.roc_auc.sd_folds),
        short(figures.brier.mean),
        short(figures.log_loss.mean),
        short(figures.calibration_error),
    )
}

/// `BLESS=1` writes the figures of every model and the version in the example.
#[test]
fn the_readme_has_the_figures_and_the_active_version() {
    let path = workspace("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let mut current = text.clone();
    for manifest in manifests() {
        let start = format!("| `{}`", manifest.name);
        let row = current.lines().find(|line| line.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("no row starts with {start}")).to_owned();
        let label = row.trim_start_matches("| ").split(" | ").next().unwrap();
        current = current.replacen(&row, &figures(label, &manifest.metrics), 1);
    }
    let key = r#""model_version":""#;
    let (_, rest) = text.split_once(key).unwrap();
    let shown = format!("{key}{}", rest.split('"').next().unwrap());
    let active = Registry::new(workspace("models")).active().unwrap();
    current = current.replace(&shown, &format!("{key}{}", active.version()));
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    let difference = text.lines().zip(current.lines()).find(|(found, expected)| found != expected);
    assert!(
        difference.is_none() || std::env::var_os("BLESS").is_some(),
        "README.md is not current; run the test again with BLESS=1: {difference:?}"
    );
}
