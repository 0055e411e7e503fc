//! The command line: output and exit codes.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

use crate::client::workspace;

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

#[test]
fn a_damaged_model_is_not_served() {
    let dir = empty();
    let data = workspace("data/pima.csv");
    let output =
        run(dir.path(), &["train", "--model", "logistic", "--data", &data.display().to_string()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(report.contains("ROC AUC") && report.contains("sd of repeats"), "{report}");

    let versions = fs::read_dir(dir.path().join("models/logistic")).unwrap();
    let folder = versions.map(|entry| entry.unwrap().path()).next().unwrap();
    let model = fs::read_to_string(folder.join("model.json")).unwrap();
    fs::write(folder.join("model.json"), model.replacen("1.1", "9.1", 1)).unwrap();
    let output = run(dir.path(), &["serve"]);
    assert!(!output.status.success());
    let text = stderr(&output);
    assert!(text.contains("model.json is damaged: its SHA-256 is"), "{text}");
}
