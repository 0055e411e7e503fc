//! Clients that generators make from the model server's OpenAPI document.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use xtask::suite::python;
use xtask::{command, http, ui};

use crate::model_server::{Server, start};

/// A file of this crate's tests.
fn source(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(path)
}

/// Writes the server's document to its folder. Returns the path.
async fn document(server: &Server) -> String {
    let url = format!("http://{}/openapi.json", server.address);
    let document = http::get_json(&http::client().unwrap(), &url).await.unwrap();
    let path = server.dir.join("openapi.json");
    std::fs::write(&path, document.to_string()).unwrap();
    path.display().to_string()
}

/// Runs a program in the server's folder. Returns its output.
fn run(server: &Server, program: &Path, args: &[&str]) -> String {
    command::output(&mut command::program(program, &server.dir, args)).unwrap()
}

/// Generates the package `client` in the server's folder.
fn generate_python(server: &Server, python: &Path, document: &str) {
    let client = server.dir.join("client").display().to_string();
    let args = ["generate", "--path", document, "--output-path", &client, "--meta", "none"];
    let generator = python.with_file_name("openapi-python-client");
    let mut generate = command::program(generator, &server.dir, &args);
    // It formats with a program beside its own.
    let mut programs = vec![python.parent().unwrap().to_path_buf()];
    programs.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    generate.env("PATH", std::env::join_paths(programs).unwrap());
    // An operation that can't be generated is a failure.
    generate.arg("--fail-on-warning");
    command::output(&mut generate).unwrap();
}

#[tokio::test]
#[ignore = "needs Python; run by cargo xtask test"]
async fn a_generated_python_client_predicts() {
    let python = python::environment_named("venv-openapi", "requirements-openapi.txt").unwrap();
    let server = start("openapi_python").await;
    generate_python(&server, &python, &document(&server).await);

    let script = source("python/generated_client.py").display().to_string();
    let folder = server.dir.display().to_string();
    let url = format!("http://{}", server.address);
    let text = run(&server, &python, &[&script, &folder, &url]);
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result["models"], json!(["boosted", "ensemble", "logistic", "spline"]));
    assert_eq!(result["platform"], "vitals_spline");
    assert_eq!(result["refused"], json!(["age"]));
    let probability = &result["probability"];
    assert!(probability.as_f64().is_some_and(|value| value > 0.5), "{result}");
    assert_eq!((&result["explained"], &result["inferred"][0]), (probability, probability));
    server.process.stop().await;
}

#[tokio::test]
#[ignore = "needs Node.js; run by cargo xtask test"]
async fn generated_types_compile() {
    if let Err(reason) = ui::ensure_tools() {
        println!("NOT TESTED: {reason:#}");
        return;
    }
    let server = start("openapi_typescript").await;
    let document = document(&server).await;
    for file in ["package.json", "package-lock.json", "tsconfig.json", "client.ts"] {
        std::fs::copy(source("typescript").join(file), server.dir.join(file)).unwrap();
    }
    run(&server, Path::new("npm"), &["ci", "--no-audit", "--no-fund"]);
    let programs = server.dir.join("node_modules/.bin");
    run(&server, &programs.join("openapi-typescript"), &[&document, "--output", "api.ts"]);
    run(&server, &programs.join("tsc"), &["--project", "."]);
    server.process.stop().await;
}
