//! The model server, tested with independent clients.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::{Value, json};
use xtask::suite::python;
use xtask::{command, http, paths, services::ports::free_ports};

use crate::support::process::Process;
use crate::support::{seconds, wait_until};

const REQUIREMENTS: &str = "requirements-serving.txt";

/// A model server of its own, from the binary.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) address: String,
    pub(crate) dir: PathBuf,
}

/// Starts the binary with its own copy of the models, because some of the tests modify them.
pub(crate) async fn start(test: &str) -> Server {
    let dir = paths::target().join("e2e").join(test);
    let _ = std::fs::remove_dir_all(&dir);
    copy(&paths::root().join("models"), &dir.join("models"));
    let [port] = free_ports().unwrap();
    let address = format!("127.0.0.1:{port}");
    let settings = [
        ("VITALS__MODEL_SERVER__LISTEN", address.clone()),
        ("VITALS__MODEL_SERVER__MODELS_DIR", dir.join("models").display().to_string()),
        ("VITALS__MODEL_SERVER__LOG__ENABLED", "false".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    let binary = paths::binary("model-server");
    let process = Process::start(&dir, "model-server", &binary, &[], &settings);
    let client = http::client().unwrap();
    let url = format!("http://{address}/health");
    wait_until("the model server answers", seconds(20), async || {
        http::get_json(&client, &url).await.is_ok()
    })
    .await;
    Server { process, address, dir }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "needs Python; run by cargo xtask test"]
async fn tritons_client_lists_models_and_infers() {
    let python = python::environment_named("venv-serving", REQUIREMENTS).unwrap();
    let server = start("triton_client").await;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/triton_client.py");
    let args = [script.display().to_string(), server.address.clone()];
    let args = args.each_ref().map(String::as_str);
    let text = command::output(&mut command::program(python, &paths::root(), &args)).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result["models"], json!(["boosted", "ensemble", "logistic", "spline"]));
    assert_eq!(result["platform"], "vitals_spline");
    assert!(result["probability"][0].as_f64() > result["probability"][1].as_f64(), "{result}");
    server.process.stop().await;
}

/// A schema can't express that an infer request needs as many values as its shape has elements, so a
/// request that matches the schema may be rejected there. Everything else is checked everywhere.
const CONFIG: &str = r#"
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "5xx"]

[[operations]]
include-path-regex = "/infer$"
checks.positive_data_acceptance.enabled = false
"#;

#[tokio::test]
#[ignore = "needs Python; run by cargo xtask test"]
async fn schemathesis_finds_no_deviation_from_the_openapi_document() {
    let python = python::environment_named("venv-serving", REQUIREMENTS).unwrap();
    let server = start("schemathesis").await;
    let config = server.dir.join("schemathesis.toml");
    std::fs::write(&config, CONFIG).unwrap();
    let url = format!("http://{}/openapi.json", server.address);
    let config = config.display().to_string();
    let args = ["--config-file", &config, "run", &url, "--max-examples", "40", "--seed", "1"];
    let program = python.with_file_name("schemathesis");
    let mut command = command::program(program, &server.dir, &args);
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    server.process.stop().await;
}
