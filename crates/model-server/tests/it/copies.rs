//! Versions whose files arrive one by one, or can't be read at first.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use model_server::registry::{ModelId, Registry};
use serde_json::Value;

use crate::{
    activation::{author, ids},
    client::{Server, copy, example, settings, workspace},
};

/// A copy of the shipped models, and a server's copy of it without that one.
struct Copies {
    source: tempfile::TempDir,
    target: tempfile::TempDir,
    boosted: ModelId,
}

impl Copies {
    fn new() -> Self {
        let [source, target] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        copy(&workspace("models"), source.path());
        let boosted = ids(source.path()).into_iter().find(|id| id.name() == "boosted").unwrap();
        copy(source.path(), target.path());
        fs::remove_dir_all(Registry::new(target.path()).folder(&boosted)).unwrap();
        Self { source, target, boosted }
    }

    fn folder(&self, registry: &tempfile::TempDir) -> PathBuf {
        Registry::new(registry.path()).folder(&self.boosted)
    }

    /// Copies a file beside the models.
    fn copy_file(&self, name: &str) {
        fs::copy(self.source.path().join(name), self.target.path().join(name)).unwrap();
    }

    /// Copies the boosted model: some of its files, then `meanwhile`, then the others.
    async fn copy_version(&self, meanwhile: impl AsyncFnOnce()) {
        let files = fs::read_dir(self.folder(&self.source)).unwrap();
        let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        let (first, rest) = files.split_first().unwrap();
        let [from, to] = [&self.source, &self.target].map(|registry| self.folder(registry));
        fs::create_dir_all(&to).unwrap();
        fs::copy(from.join(first), to.join(first)).unwrap();
        meanwhile().await;
        for file in rest {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
    }
}

async fn start(models: &Path) -> Server {
    let mut settings = settings();
    settings.model_server.models_dir = models.display().to_string();
    settings.model_server.poll_interval_ms = 20;
    let server = Server::start_with(settings).await;
    // It has loaded the models when it responds: what is copied then is a change.
    server.get_json("/health").await;
    server
}

#[tokio::test]
async fn a_version_that_is_copied_slowly_is_loaded_when_it_is_complete() {
    let copies = Copies::new();
    let server = start(copies.target.path()).await;
    copies.copy_version(async || wait_for_state(&server, "refused").await).await;
    wait_for_state(&server, "ready").await;
    server.stop().await;
}

/// A copy in the order of the names: the choice of the active version first.
#[tokio::test]
async fn an_active_version_that_is_copied_slowly_goes_live_when_it_is_complete() {
    let copies = Copies::new();
    Registry::new(copies.source.path()).release(&copies.boosted, &author()).unwrap();
    let server = start(copies.target.path()).await;
    copies.copy_file("active.json");
    let meanwhile = async || {
        wait_for_state(&server, "refused").await;
        assert_eq!(server.predict(&example()).await.1["model"], "spline");
    };
    copies.copy_version(meanwhile).await;
    wait_for_state(&server, "ready").await;
    // Not released, as far as this folder says.
    assert_eq!(server.predict(&example()).await.1["model"], "spline");
    copies.copy_file("events.jsonl");
    let started = Instant::now();
    while server.predict(&example()).await.1["model"] != "boosted" {
        assert!(started.elapsed() < Duration::from_secs(30), "it did not go live");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_version_that_could_not_be_read_is_loaded_when_it_can() {
    let folder = tempfile::tempdir().unwrap();
    copy(&workspace("models"), folder.path());
    let boosted = ids(folder.path()).into_iter().find(|id| id.name() == "boosted").unwrap();
    let scaler = Registry::new(folder.path()).folder(&boosted).join("scaler.json");
    let content = fs::read(&scaler).unwrap();
    // A folder can't be read as a file, whoever runs the test.
    fs::remove_file(&scaler).unwrap();
    fs::create_dir(&scaler).unwrap();
    let server = start(folder.path()).await;
    wait_for_state(&server, "refused").await;
    fs::remove_dir(&scaler).unwrap();
    fs::write(&scaler, content).unwrap();
    wait_for_state(&server, "ready").await;
    server.stop().await;
}

/// Waits until the only version of the boosted model is in a state.
async fn wait_for_state(server: &Server, state: &str) {
    let started = Instant::now();
    loop {
        let response = server.get("/models/boosted").await;
        let models: Value = response.json().await.unwrap();
        if models["versions"][0]["state"] == state {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "{models}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
