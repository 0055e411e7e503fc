//! Model changes under load are invisible to clients.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use model_server::registry::{Author, ModelId, Registry};
use serde_json::{Value, json};
use vitals_core::domain::model_event::Step;

use crate::client::{Server, copy, example, settings, workspace};

/// The author of changes in these tests.
pub(crate) fn author() -> Author {
    Author { who: "Ada".to_owned(), why: "a test".to_owned() }
}

/// A server with its own copy of the shipped models, all of them released, the spline last.
async fn server(folder: &Path) -> Server {
    copy(&workspace("models"), folder);
    let registry = Registry::new(folder);
    for id in registry.list().unwrap() {
        registry.release(&id, &author()).unwrap();
    }
    let mut settings = settings();
    settings.model_server.models_dir = folder.display().to_string();
    settings.model_server.poll_interval_ms = 20;
    Server::start_with(settings).await
}

pub(crate) fn ids(folder: &Path) -> Vec<ModelId> {
    Registry::new(folder).list().unwrap()
}

async fn wait_until_active(server: &Server, id: &ModelId) {
    let started = Instant::now();
    while server.get_json("/health").await["model"] != id.name() {
        assert!(started.elapsed() < Duration::from_secs(10), "{id} was not activated");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn activation_under_load_drops_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let stop = Arc::new(AtomicBool::new(false));
    let spawn_client = |_| {
        let client = server.client().clone();
        let url = server.url("/predict");
        let stop = Arc::clone(&stop);
        tokio::spawn(async move {
            let mut models = Vec::new();
            while !stop.load(Relaxed) {
                let response = client.post(&url).json(&example()).send().await.unwrap();
                assert_eq!(response.status(), 200);
                let body: Value = response.json().await.unwrap();
                models.push(format!("{}/{}", body["model"], body["model_version"]));
            }
            models
        })
    };
    let clients: Vec<_> = (0..8).map(spawn_client).collect();
    for id in ids(folder.path()).iter().cycle().take(40) {
        let path = format!("/models/{}/versions/{}/activate", id.name(), id.version());
        let activated = server.client().post(server.url(&path)).send().await.unwrap();
        assert_eq!(activated.status(), 200, "{}", activated.text().await.unwrap());
        assert_eq!(Registry::new(folder.path()).active().unwrap(), *id);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.store(true, Relaxed);
    let mut seen = BTreeSet::new();
    for client in clients {
        let models = client.await.unwrap();
        assert!(models.len() > 20, "{}", models.len());
        seen.extend(models);
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    server.stop().await;
}

#[tokio::test]
async fn changes_by_another_process_are_detected() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let boosted = ids(folder.path()).into_iter().find(|id| id.name() == "boosted").unwrap();
    Registry::new(folder.path()).activate(&boosted, &author()).unwrap();
    wait_until_active(&server, &boosted).await;

    // A damaged version is listed as refused; the active model keeps serving.
    let damaged = folder.path().join("spline/000000000000");
    std::fs::create_dir(&damaged).unwrap();
    std::fs::write(damaged.join("manifest.json"), "{}").unwrap();
    let reload = server.client().post(server.url("/models/reload")).send().await.unwrap();
    let models: Value = reload.json().await.unwrap();
    let spline = models["models"].as_array().unwrap().iter().find(|m| m["name"] == "spline");
    assert_eq!(spline.unwrap()["versions"][0]["state"], "refused");
    let path = "/models/spline/versions/000000000000/activate";
    assert_eq!(server.client().post(server.url(path)).send().await.unwrap().status(), 409);
    assert_eq!(server.get_json("/health").await["model"], "boosted");
    server.stop().await;
}

#[tokio::test]
async fn a_shadow_is_scored_and_never_returned() {
    let folder = tempfile::tempdir().unwrap();
    let server = server(folder.path()).await;
    let id = ids(folder.path()).into_iter().find(|id| id.name() == "logistic").unwrap();
    let put = server.client().put(server.url("/shadow"));
    let put = put.json(&json!({"name": id.name(), "version": id.version()})).send().await.unwrap();
    assert_eq!(put.status(), 200);
    let before = compared(&server).await;
    let (_, response) = server.predict(&json!([example(), example()])).await;
    assert_eq!(response["model"], "spline");
    let started = Instant::now();
    while compared(&server).await < before + 2 {
        assert!(started.elapsed() < Duration::from_secs(10), "the shadow was not scored");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ended = server.client().delete(server.url("/shadow")).send().await.unwrap();
    assert_eq!(ended.json::<Value>().await.unwrap()["shadow"], Value::Null);
    let unknown = server.client().put(server.url("/shadow"));
    let unknown = unknown.json(&json!({"name": "nothing", "version": "1"})).send().await.unwrap();
    assert_eq!(unknown.status(), 404);
    server.stop().await;
}

async fn compared(server: &Server) -> u64 {
    let metrics = server.get("/metrics").await.text().await.unwrap();
    let mut lines = metrics.lines();
    let line =
        lines.find_map(|line| line.strip_prefix("vitals_model_server_shadow_compared_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn changes_require_authorization() {
    let mut settings = settings();
    "a token of some length".clone_into(&mut settings.model_server.admin_token);
    let server = Server::start_with(settings).await;
    let reload = || server.client().post(server.url("/models/reload"));
    assert_eq!(reload().send().await.unwrap().status(), 401);
    let authorized = reload().bearer_auth("a token of some length").send().await.unwrap();
    assert_eq!(authorized.status(), 200);
    let load = server.client().post(server.url("/v2/repository/models/spline/load"));
    assert_eq!(load.send().await.unwrap().status(), 401);
    server.stop().await;
}

#[tokio::test]
async fn only_a_released_version_goes_live() {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace("models"), folder.path());
    let registry = Registry::new(folder.path());
    let mut settings = settings();
    settings.model_server.models_dir = folder.path().display().to_string();
    settings.model_server.poll_interval_ms = 20;
    let server = Server::start_with(settings).await;
    let boosted = ids(folder.path()).into_iter().find(|id| id.name() == "boosted").unwrap();
    let url = server.url(&format!("/models/boosted/versions/{}/activate", boosted.version()));

    // A candidate is refused over HTTP, and so is one that somebody names in the file.
    let refused = server.client().post(&url).send().await.unwrap();
    assert_eq!(refused.status(), 409);
    let problem: Value = refused.json().await.unwrap();
    assert!(problem["detail"].as_str().unwrap().contains("is not released"), "{problem}");
    let active = folder.path().join("active.json");
    let spline = std::fs::read(&active).unwrap();
    std::fs::write(&active, json!({"name": "boosted", "version": boosted.version()}).to_string())
        .unwrap();
    let reload = server.client().post(server.url("/models/reload")).send().await.unwrap();
    assert_eq!(reload.status(), 409);
    assert_eq!(server.get_json("/health").await["model"], "spline");
    std::fs::write(&active, spline).unwrap();

    // Released, rolled back, and refused again.
    registry.release(&boosted, &author()).unwrap();
    wait_until_active(&server, &boosted).await;
    let spline = registry.rollback(None, &author()).unwrap();
    wait_until_active(&server, &spline).await;
    assert_eq!(server.client().post(&url).send().await.unwrap().status(), 409);
    registry.release(&boosted, &author()).unwrap();
    wait_until_active(&server, &boosted).await;
    let back = format!("/models/spline/versions/{}/activate", spline.version());
    let unsaid = server.url(&back) + "?why=" + &"x".repeat(2001);
    let unsaid = server.client().post(&unsaid).send().await.unwrap();
    assert_eq!(unsaid.status(), 422, "a reason is recorded as a whole or not at all");
    let problem: Value = unsaid.json().await.unwrap();
    assert_eq!(problem["errors"][0]["field"], "why", "{problem}");
    let back = server.url(&back) + "?who=Grace&why=compared%20again";
    assert_eq!(server.client().post(&back).send().await.unwrap().status(), 200);
    let event = registry.events().unwrap().pop().unwrap();
    assert_eq!((event.step, event.model.as_str()), (Step::Activated, "spline"));
    assert_eq!((event.who.as_str(), event.why.as_str()), ("Grace", "compared again"));
    assert_eq!(event.previous, Some(boosted.to_string()));
    server.stop().await;
}
