//! Requests to a model without a version.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, Instant},
};

use model_server::registry::{Manifest, ModelId, Registry};
use serde_json::{Value, json};
use vitals_core::domain::model_event::Step;

use crate::{
    activation::author,
    client::{Server, copy, settings, workspace},
    v2::{ROW, request},
};

/// Saves a second version of a model, whose name is later in lexical order, as training does.
fn train_later(registry: &Registry, id: &ModelId) -> ModelId {
    let saved = registry.load(id).unwrap();
    let manifests = (1..10_000).map(|i| Manifest {
        card: BTreeMap::new(),
        code_version: format!("0.1.{i}"),
        ..saved.manifest.clone()
    });
    let mut later = manifests
        .filter(|manifest| manifest.version_of_content().unwrap() > saved.manifest.version);
    let manifest = later.next().unwrap();
    let saved =
        registry.save(manifest, &saved.pipeline, &saved.conformal, &saved.overview).unwrap();
    let candidate = ModelId::new(id.name(), saved.manifest.version).unwrap();
    registry.record(Step::Trained, &candidate, &author()).unwrap();
    candidate
}

async fn start(folder: &Path) -> Server {
    let mut settings = settings();
    settings.model_server.models_dir = folder.display().to_string();
    settings.model_server.poll_interval_ms = 20;
    Server::start_with(settings).await
}

/// The version that responds to a request to `path` below `/v2/models`; null if none does.
async fn responds(server: &Server, path: &str) -> Value {
    let url = server.url(&format!("/v2/models/{path}/infer"));
    let response = server.client().post(url).json(&request(&json!(ROW), 1)).send().await.unwrap();
    response.json::<Value>().await.unwrap()["model_version"].clone()
}

async fn reload(server: &Server) {
    let reload = server.client().post(server.url("/models/reload")).send().await.unwrap();
    assert_eq!(reload.status(), 200);
}

#[tokio::test]
async fn training_changes_no_response_to_a_model_without_a_version() {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace("models"), folder.path());
    let registry = Registry::new(folder.path());
    let [first, spline] = ["logistic", "spline"]
        .map(|name| registry.list().unwrap().into_iter().find(|id| id.name() == name).unwrap());
    registry.release(&first, &author()).unwrap();
    registry.release(&spline, &author()).unwrap();
    let server = start(folder.path()).await;
    assert_eq!(responds(&server, "logistic").await, first.version());

    let candidate = train_later(&registry, &first);
    let by_name = format!("logistic/versions/{}", candidate.version());
    let started = Instant::now();
    while responds(&server, &by_name).await != candidate.version() {
        assert!(started.elapsed() < Duration::from_secs(30), "{candidate} is not served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(responds(&server, "logistic").await, first.version());

    // Once it was active, it serves its model; withdrawn, no longer.
    registry.release(&candidate, &author()).unwrap();
    registry.activate(&spline, &author()).unwrap();
    reload(&server).await;
    assert_eq!(responds(&server, "logistic").await, candidate.version());
    registry.release(&candidate, &author()).unwrap();
    registry.rollback(None, &author()).unwrap();
    reload(&server).await;
    assert_eq!(responds(&server, "logistic").await, first.version());
    server.stop().await;
}

#[tokio::test]
async fn a_model_without_a_released_version_serves_only_requests_that_name_one() {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace("models"), folder.path());
    let registry = Registry::new(folder.path());
    let server = start(folder.path()).await;
    let boosted = registry.list().unwrap().into_iter().find(|id| id.name() == "boosted").unwrap();
    let by_name = format!("boosted/versions/{}", boosted.version());
    let ready = async |path: &str| -> u16 {
        server.get(&format!("/v2/models/{path}/ready")).await.status().as_u16()
    };
    // A candidate.
    assert_eq!((ready("boosted").await, ready(&by_name).await), (404, 200));
    assert_eq!(responds(&server, "boosted").await, Value::Null);
    assert_eq!(responds(&server, &by_name).await, boosted.version());
    // Released, then replaced.
    let spline = registry.active().unwrap();
    registry.release(&boosted, &author()).unwrap();
    registry.release(&spline, &author()).unwrap();
    reload(&server).await;
    assert_eq!(responds(&server, "boosted").await, boosted.version());
    // Withdrawn.
    registry.activate(&boosted, &author()).unwrap();
    registry.rollback(None, &author()).unwrap();
    reload(&server).await;
    assert_eq!(responds(&server, "boosted").await, Value::Null);
    assert_eq!(responds(&server, &by_name).await, boosted.version());
    server.stop().await;
}

/// A release and the next one, or an activation and its rollback, may lie between two polls.
#[tokio::test]
async fn a_change_that_leaves_the_active_version_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace("models"), folder.path());
    let registry = Registry::new(folder.path());
    let spline = registry.active().unwrap();
    let boosted = registry.list().unwrap().into_iter().find(|id| id.name() == "boosted").unwrap();
    let mut settings = settings();
    settings.model_server.models_dir = folder.path().display().to_string();
    settings.model_server.poll_interval_ms = 1_000;
    let server = Server::start_with(settings).await;
    let wait_for = async |expected: Value| {
        let started = Instant::now();
        while responds(&server, "boosted").await != expected {
            assert!(started.elapsed() < Duration::from_secs(30), "not {expected}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    wait_for(Value::Null).await;
    registry.release(&boosted, &author()).unwrap();
    registry.release(&spline, &author()).unwrap();
    wait_for(json!(boosted.version())).await;
    // A withdrawn version serves only requests that name it.
    registry.activate(&boosted, &author()).unwrap();
    registry.rollback(None, &author()).unwrap();
    wait_for(Value::Null).await;
    server.stop().await;
}
