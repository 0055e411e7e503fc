//! A consumer in a process of its own.

use std::process::{Child, Command, Stdio};

use crate::{wait::wait_for, world::World};

/// A consumer in a process of its own. Dropping it kills the process.
pub(crate) struct Process(Child);

impl Process {
    /// Starts it with armed `failpoints` and further settings (`SECTION__KEY`).
    pub(crate) fn start(world: &World, failpoints: &str, further: &[(&str, &str)]) -> Self {
        let settings = &world.settings;
        let further =
            further.iter().map(|(key, value)| (format!("VITALS__{key}"), (*value).to_owned()));
        let child = Command::new(env!("CARGO_BIN_EXE_consumer"))
            .current_dir(world.dir.path())
            .args(["--config", concat!(env!("CARGO_MANIFEST_DIR"), "/../../config.toml")])
            .env("VITALS_FAULT", failpoints)
            .env("VITALS__KAFKA__BOOTSTRAP_SERVERS", &settings.kafka.bootstrap_servers)
            .env("VITALS__LAKE__URL", &settings.lake.url)
            .env("VITALS__CONSUMER__LISTEN", "127.0.0.1:0")
            .env("VITALS__CONSUMER__SPOOL__FOLDER", &settings.consumer.spool.folder)
            .env("VITALS__CONSUMER__SPOOL__MIN_FREE_BYTES", "0")
            .env("VITALS__CONSUMER__ROTATION__MAX_ROWS", "40")
            .env("VITALS__CONSUMER__ROTATION__MAX_AGE_MS", "200")
            .env("VITALS__CONSUMER__SESSION_TIMEOUT_MS", "3000")
            .envs(further)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    pub(crate) async fn wait_for_end(&mut self) {
        wait_for("end of the process", async || self.0.try_wait().unwrap().ok_or(())).await;
    }

    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}
