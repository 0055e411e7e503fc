//! Only versions that the configured key has signed are served.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use model_server::{
    registry::{LoadError, Registry, SignatureState},
    release,
    train::Protocol,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use vitals_core::runtime::config::{GateSettings, Settings};

use crate::{
    client::{Server, workspace},
    signer::{Models, SIGNATURE, Signer, author},
};

/// The error of loading the logistic regression after `change`, which gets its folder.
fn error_after(change: impl FnOnce(&Path)) -> LoadError {
    let (models, signer) = (Models::new(), Signer::new(1));
    models.sign(&signer, "logistic");
    let registry = models.registry(&signer);
    let id = models.id("logistic");
    assert_eq!(registry.load(id).unwrap().signature, SignatureState::Valid);
    change(&registry.folder(id));
    let error = registry.load(id).unwrap_err();
    let text = error.to_string();
    assert!(text.contains(id.name()) && text.contains(id.version()), "{text}");
    error
}

fn edit(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, text.replacen('1', "2", 1)).unwrap();
}

#[test]
fn a_change_after_signing_is_refused_with_version_and_file() {
    let error = error_after(|folder| fs::remove_file(folder.join(SIGNATURE)).unwrap());
    assert!(matches!(error, LoadError::Unsigned { .. }), "{error}");
    assert!(error.to_string().contains(SIGNATURE), "{error}");
    for (file, expected) in [
        ("manifest.json", "was changed after signing"),
        ("model.json", "model.json is damaged: its SHA-256 is"),
        ("card.json", "card.json is damaged: its SHA-256 is"),
        ("card.md", "card.md is damaged: its SHA-256 is"),
    ] {
        let error = error_after(|folder| edit(&folder.join(file))).to_string();
        assert!(error.contains(expected) && error.contains(file), "{error}");
    }
    let error = error_after(|folder| Signer::new(2).sign(folder));
    assert!(matches!(error, LoadError::Signature { .. }), "{error}");
    assert!(error.to_string().contains("another key"), "{error}");
    let error = error_after(|folder| fs::write(folder.join(SIGNATURE), "RW").unwrap()).to_string();
    assert!(error.contains("not a signature of minisign"), "{error}");
    // A folder can't be read as a file, whoever runs the test: nothing is known about the signature.
    let error = error_after(|folder| {
        fs::remove_file(folder.join(SIGNATURE)).unwrap();
        fs::create_dir(folder.join(SIGNATURE)).unwrap();
    });
    assert!(error.is_unknown(), "{error}");
}

#[test]
fn a_signature_covers_no_card_that_the_manifest_does_not_list() {
    let error = error_after(|folder| {
        let path = folder.join("manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        manifest.as_object_mut().unwrap().remove("card");
        fs::write(&path, manifest.to_string()).unwrap();
        Signer::new(1).sign(folder);
    });
    assert!(error.to_string().contains("the manifest does not list it"), "{error}");
}

#[test]
fn without_a_key_signatures_are_not_needed_and_not_checked() {
    let models = Models::new();
    let registry = Registry::new(models.dir.path());
    let id = models.id("logistic");
    assert_eq!(registry.load(id).unwrap().signature, SignatureState::Absent);
    fs::write(registry.folder(id).join(SIGNATURE), "anything").unwrap();
    assert_eq!(registry.load(id).unwrap().signature, SignatureState::NotChecked);
}

#[test]
fn neither_release_nor_rollback_activates_an_unsigned_version() {
    let (models, signer) = (Models::new(), Signer::new(1));
    let registry = models.registry(&signer);
    let unchecked = Registry::new(models.dir.path());
    let spline = models.id("spline");
    let boosted = models.id("boosted");
    models.sign(&signer, "spline");
    let refused = registry.release(boosted, &author()).unwrap_err().to_string();
    assert!(refused.contains(&format!("{boosted} is not signed")), "{refused}");
    let plan = release::Plan {
        models: models.dir.path().to_owned(),
        candidate: boosted.clone(),
        data: workspace("data/pima.csv"),
        held_out: None,
        reports: models.dir.path().join("reports"),
        protocol: Protocol { folds: 2, repeats: 1 },
        without_comparison: false,
        public_key: Some(signer.public_key().parse().unwrap()),
        gates: GateSettings::default(),
        approver: author(),
    };
    let refused = release::release(&plan, &mut Vec::new()).unwrap_err().to_string();
    assert!(refused.contains(&format!("{boosted} is not signed")), "{refused}");
    // A version that was active before keys were required is no way back.
    unchecked.release(boosted, &author()).unwrap();
    unchecked.release(spline, &author()).unwrap();
    let before = registry.events().unwrap();
    let refused = registry.rollback(None, &author()).unwrap_err().to_string();
    assert!(refused.contains(&format!("{boosted} is not signed")), "{refused}");
    assert_eq!((registry.active().unwrap(), registry.events().unwrap()), (spline.clone(), before));

    // The command takes the key from the settings.
    fs::copy(workspace("config.toml"), models.dir.path().join("config.toml")).unwrap();
    let mut rollback = Command::new(env!("CARGO_BIN_EXE_model-server"));
    rollback
        .current_dir(models.dir.path())
        .env("VITALS__MODEL_SERVER__PUBLIC_KEY", signer.public_key());
    rollback.args(["rollback", "--models", ".", "--approver", "Grace", "--why", "a test"]);
    let output = rollback.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("is not signed"), "{error}");
    models.sign(&signer, "boosted");
    assert!(rollback.output().unwrap().status.success());
    assert_eq!(registry.active().unwrap(), *boosted);
}

/// The error of starting a server.
async fn start_error(settings: &Settings) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = model_server::run(settings, listener, CancellationToken::new()).await.unwrap_err();
    format!("{error:#}")
}

#[tokio::test]
async fn a_server_does_not_start_with_an_unsigned_version() {
    let (models, signer) = (Models::new(), Signer::new(1));
    let mut settings = models.settings(&signer);
    let error = start_error(&settings).await;
    assert!(error.contains(&format!("{} is not signed", models.id("spline"))), "{error}");
    models.sign(&Signer::new(2), "spline");
    let error = start_error(&settings).await;
    assert!(error.contains(&format!("the signature of {}", models.id("spline"))), "{error}");
    models.sign(&signer, "spline");
    settings.model_server.shadow = models.id("boosted").to_string();
    let error = start_error(&settings).await;
    assert!(error.contains(&format!("{} is not signed", models.id("boosted"))), "{error}");
    "RWbad".clone_into(&mut settings.model_server.public_key);
    let error = start_error(&settings).await;
    assert!(error.contains("settings: model_server.public_key: not a public key"), "{error}");
}

/// The reasons of refused versions in `/health`, by model.
async fn refused(server: &Server) -> Vec<(String, String)> {
    let health = server.get_json("/health").await;
    let entries = health["refused"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries.map(|entry| (text(&entry["model"]), text(&entry["reason"]))).collect()
}

async fn wait_until_refused(server: &Server, expected: &[&str]) {
    let started = Instant::now();
    loop {
        let refused = refused(server).await;
        if refused.iter().map(|(model, _)| model).eq(expected) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{refused:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn an_unsigned_version_never_goes_live() {
    let (models, signer) = (Models::new(), Signer::new(1));
    let unchecked = Registry::new(models.dir.path());
    for name in ["boosted", "ensemble", "spline"] {
        unchecked.release(models.id(name), &author()).unwrap();
    }
    models.sign(&signer, "spline");
    models.sign(&signer, "logistic");
    models.sign(&Signer::new(2), "boosted");
    let server = Server::start_with(models.settings(&signer)).await;

    // Reported with the reasons.
    assert_eq!(server.get_json("/health").await["signature"], "valid");
    let found = refused(&server).await;
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].0 == "boosted" && found[0].1.contains("another key"), "{found:?}");
    assert!(found[1].0 == "ensemble" && found[1].1.contains("is not signed"), "{found:?}");
    let list = server.get_json("/models").await;
    let version = |index: usize| &list["models"][index]["versions"][0];
    assert_eq!(version(0)["state"], "refused");
    assert_eq!(
        (&version(2)["state"], &version(2)["signature"]),
        (&json!("ready"), &json!("valid"))
    );

    // Neither by a request, nor as a shadow, nor by the file.
    let boosted = models.id("boosted");
    let activate = server.url(&format!("/models/boosted/versions/{}/activate", boosted.version()));
    let response = server.client().post(&activate).send().await.unwrap();
    assert_eq!(response.status(), 409);
    let problem: Value = response.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("another key"), "{problem}");
    let shadow = json!({"name": "boosted", "version": boosted.version()});
    let response = server.client().put(server.url("/shadow")).json(&shadow).send().await.unwrap();
    assert_eq!(response.status(), 409);
    fs::write(models.dir.path().join("active.json"), shadow.to_string()).unwrap();
    let reload = server.client().post(server.url("/models/reload"));
    assert_eq!(reload.send().await.unwrap().status(), 409);
    assert_eq!(server.get_json("/health").await["model"], "spline");

    // Signed, it is looked at again, and goes live as the file says.
    models.sign(&signer, "boosted");
    wait_until_refused(&server, &["ensemble"]).await;
    let started = Instant::now();
    while server.get_json("/health").await["model"] != "boosted" {
        assert!(started.elapsed() < Duration::from_secs(30), "boosted was not activated");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.stop().await;
}
