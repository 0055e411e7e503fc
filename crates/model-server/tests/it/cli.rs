//! The command line: output and exit codes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::client::{older_people, workspace};

fn run(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_model-server"))
        .current_dir(dir)
        .args(arguments)
        .env("VITALS__MODEL_SERVER__LISTEN", "127.0.0.1:0")
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// An empty folder with the shipped settings.
fn empty() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::copy(workspace("config.toml"), dir.path().join("config.toml")).unwrap();
    dir
}

#[test]
fn serving_without_a_model_names_the_train_command() {
    let dir = empty();
    for arguments in [&[][..], &["serve"]] {
        let output = run(dir.path(), arguments);
        assert!(!output.status.success());
        let text = stderr(&output);
        assert!(text.contains("no model is saved in models"), "{text}");
        assert!(text.contains("model-server train"), "{text}");
    }
}

#[test]
fn training_without_its_data_names_the_file() {
    let dir = empty();
    let output = run(dir.path(), &["train"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("data/pima.csv: can't be read"), "{}", stderr(&output));
}

#[test]
fn training_on_damaged_data_names_line_and_column() {
    let dir = empty();
    let data = fs::read_to_string(workspace("data/pima.csv")).unwrap();
    fs::write(dir.path().join("bad.csv"), data.replacen("26.6", "x", 1)).unwrap();
    let output = run(dir.path(), &["train", "--data", "bad.csv"]);
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(text.contains("bad.csv, line 3, column 6 (BMI): \"x\" is not a number"), "{text}");
    assert!(!dir.path().join("models").exists());
}

/// Trains a logistic regression. Returns its id.
fn train(dir: &Path) -> String {
    let data = workspace("data/pima.csv").display().to_string();
    let arguments = ["train", "--model", "logistic", "--data", &data, "--by", "Ada"];
    let output = run(dir, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(report.contains("ROC AUC") && report.contains("sd of repeats"), "{report}");
    let line = report.lines().find_map(|line| line.strip_prefix("candidate ")).unwrap();
    line.split(':').next().unwrap().to_owned()
}

/// Runs the release of a version with one repeat of the cross-validation.
fn release(dir: &Path, id: &str, more: &[&str]) -> Output {
    let data = workspace("data/pima.csv").display().to_string();
    let mut arguments = vec!["release", "--model", id, "--data", &data, "--repeats", "1"];
    arguments.extend(["--reports", "reports"]);
    arguments.extend(more);
    run(dir, &arguments)
}

#[test]
fn a_model_is_trained_released_rolled_back_and_damaged() {
    let dir = empty();
    let id = train(dir.path());
    // A candidate is not served.
    let text = stderr(&run(dir.path(), &["serve"]));
    assert!(text.contains("no model is saved"), "{text}");

    // Nobody approves, then Grace does.
    assert!(!release(dir.path(), &id, &[]).status.success());
    let long = "n".repeat(201);
    for approver in ["", "  ", &long] {
        let output = release(dir.path(), &id, &["--approver", approver, "--why", "first"]);
        assert!(!output.status.success());
        assert!(stderr(&output).contains("--approver"), "{}", stderr(&output));
    }
    let output = release(dir.path(), &id, &["--approver", "Grace", "--why", "the first model"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = dir.path().join("reports").join(id.replace('/', "-"));
    let text = fs::read_to_string(report.join("report.md")).unwrap();
    for part in [": released", "Approver: Grace", "| ROC AUC at least 0.8000 |", "worst group"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(report.join("folds-candidate-roc.svg").exists());
    let ledger = fs::read_to_string(dir.path().join("models/events.jsonl")).unwrap();
    assert!(ledger.contains(r#""step":"released""#) && ledger.contains("the first model"));
    // The only release: there is nothing to return to.
    let rollback = run(dir.path(), &["rollback", "--approver", "Grace", "--why", "a test"]);
    assert!(!rollback.status.success());
    let text = stderr(&rollback);
    assert!(text.contains(&format!("no version that {id} replaced")), "{text}");
    assert!(text.contains("train one with `model-server train`"), "{text}");

    // A damaged version is not served.
    let folder = dir.path().join("models").join(&id);
    let model = fs::read_to_string(folder.join("model.json")).unwrap();
    fs::write(folder.join("model.json"), model.replacen("1.1", "9.1", 1)).unwrap();
    let output = run(dir.path(), &["serve"]);
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(text.contains("model.json is damaged: its SHA-256 is"), "{text}");
}

#[test]
fn a_candidate_that_fails_a_gate_changes_nothing() {
    let dir = empty();
    let id = train(dir.path());
    // Held-out data in which the model is wrong about everybody.
    let data = older_people();
    let swapped: Vec<String> = data
        .lines()
        .map(|line| match line.strip_suffix(",1") {
            Some(row) => format!("{row},0"),
            None => line.strip_suffix(",0").map_or(line.to_owned(), |row| format!("{row},1")),
        })
        .collect();
    fs::write(dir.path().join("newer.csv"), swapped.join("\n")).unwrap();
    let approved = ["--approver", "Grace", "--why", "newer data", "--held-out", "newer.csv"];
    let output = release(dir.path(), &id, &approved);
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(text.contains("held-out data newer.csv: ROC AUC at least 0.8000, found 0.1"), "{text}");
    assert!(!dir.path().join("models/active.json").exists());
    let ledger = fs::read_to_string(dir.path().join("models/events.jsonl")).unwrap();
    let last = ledger.lines().last().unwrap();
    assert!(last.contains(r#""step":"refused""#) && last.contains("gates failed"), "{last}");
    // The training data is not held-out data.
    let data = workspace("data/pima.csv").display().to_string();
    let output = release(dir.path(), &id, &["--approver", "G", "--why", "x", "--held-out", &data]);
    assert!(stderr(&output).contains("are in the training data"), "{}", stderr(&output));
}
