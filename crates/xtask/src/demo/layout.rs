//! Addresses, folders and settings of the demo.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::Identity;
use crate::services::ports::{free_ports, is_free};

/// Ports of producer, consumer, model server and dashboard in `config.toml`.
const DEFAULT_PORTS: [u16; 4] = [9101, 9102, 8000, 8080];

/// Listen addresses of the services, on 127.0.0.1.
#[derive(Clone, Debug)]
pub(super) struct Addresses {
    pub(super) producer: String,
    pub(super) consumer: String,
    pub(super) model_server: String,
    pub(super) dashboard: String,
}

impl Addresses {
    /// The default ports of `config.toml` where free; free ports for the others, or for all if
    /// `avoid_defaults`.
    pub(super) fn choose(avoid_defaults: bool) -> Result<Self> {
        let free: [u16; 4] = free_ports()?;
        let mut chosen = DEFAULT_PORTS;
        for (port, free) in chosen.iter_mut().zip(free) {
            if avoid_defaults || !is_free(*port) {
                *port = free;
            }
        }
        let [producer, consumer, model_server, dashboard] =
            chosen.map(|port| format!("127.0.0.1:{port}"));
        Ok(Self { producer, consumer, model_server, dashboard })
    }

    /// Every service with its address, in start order.
    pub(super) fn all(&self) -> [(&'static str, &str); 4] {
        [
            ("model-server", &self.model_server),
            ("dashboard", &self.dashboard),
            ("consumer", &self.consumer),
            ("producer", &self.producer),
        ]
    }
}

/// Settings that differ from `config.toml`, as environment variables.
pub(super) fn settings(addresses: &Addresses, kafka: &str, lake: &Path) -> Vec<(String, String)> {
    let settings = [
        ("KAFKA__BOOTSTRAP_SERVERS", kafka.to_owned()),
        // The embedded broker does not answer a waiting fetch when a message arrives: by default the
        // watch would receive it up to half a second later.
        ("KAFKA__CONSUMER_PROPERTIES__FETCH__WAIT__MAX__MS", "20".to_owned()),
        ("LAKE__URL", lake.display().to_string()),
        // Every demo has a lake of its own, whatever the broker remembers of earlier ones.
        ("CONSUMER__CREATE_TABLES", "true".to_owned()),
        ("CONSUMER__SPOOL__FOLDER", lake.with_file_name("spool").display().to_string()),
        ("PRODUCER__LISTEN", addresses.producer.clone()),
        ("CONSUMER__LISTEN", addresses.consumer.clone()),
        ("MODEL_SERVER__LISTEN", addresses.model_server.clone()),
        ("DASHBOARD__LISTEN", addresses.dashboard.clone()),
        ("DASHBOARD__CONSUMER_URLS", format!("http://{}", addresses.consumer)),
        ("DASHBOARD__PRODUCER_URLS", format!("http://{}", addresses.producer)),
        ("DASHBOARD__MODEL_SERVER_URL", format!("http://{}", addresses.model_server)),
    ];
    settings.into_iter().map(|(key, value)| (format!("VITALS__{key}"), value)).collect()
}

/// Creates an empty folder for this run under `target/demo`, named after our pid, and removes those of
/// runs whose process has ended. The folder remains after the run, for inspection.
pub(super) fn create_folder(demos: &Path) -> Result<PathBuf> {
    fs::create_dir_all(demos).with_context(|| format!("creating {}", demos.display()))?;
    let ours = demos.join(std::process::id().to_string());
    for entry in fs::read_dir(demos)?.flatten() {
        // Other folders, such as notes, are kept.
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.parse::<i32>().ok());
        let has_ended = pid.is_some_and(|pid| Identity::of(pid).is_none());
        if has_ended || entry.path() == ours {
            fs::remove_dir_all(entry.path())
                .with_context(|| format!("removing {}", entry.path().display()))?;
        }
    }
    fs::create_dir(&ours).with_context(|| format!("creating {}", ours.display()))?;
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::net::TcpListener;

    #[test]
    fn a_taken_port_is_replaced_and_ports_are_distinct() {
        let taken = TcpListener::bind("127.0.0.1:8080");
        let chosen = Addresses::choose(false).unwrap();
        let all: HashSet<_> =
            chosen.all().iter().map(|(_, address)| (*address).to_owned()).collect();
        assert_eq!(all.len(), 4);
        assert_ne!(chosen.dashboard, "127.0.0.1:8080");
        drop(taken);
    }

    #[test]
    fn only_folders_of_ended_runs_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let ended = dir.path().join("2147483647");
        let running = dir.path().join("1");
        let other = dir.path().join("notes");
        for folder in [&ended, &running, &other] {
            fs::create_dir(folder).unwrap();
        }
        let ours = create_folder(dir.path()).unwrap();
        assert!(!ended.exists() && running.exists() && other.exists() && ours.exists());
        fs::write(ours.join("old"), "").unwrap();
        let again = create_folder(dir.path()).unwrap();
        assert_eq!(fs::read_dir(again).unwrap().count(), 0);
    }

    #[test]
    fn the_settings_contain_the_addresses_and_the_lake_of_this_run() {
        let addresses = Addresses::choose(true).unwrap();
        let settings = settings(&addresses, "k:1", Path::new("/lake"));
        let get = |key: &str| {
            settings.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str())
        };
        assert_eq!(get("VITALS__KAFKA__BOOTSTRAP_SERVERS"), Some("k:1"));
        assert_eq!(get("VITALS__LAKE__URL"), Some("/lake"));
        assert_eq!(get("VITALS__KAFKA__CONSUMER_PROPERTIES__FETCH__WAIT__MAX__MS"), Some("20"));
        let url = format!("http://{}", addresses.model_server);
        assert_eq!(get("VITALS__DASHBOARD__MODEL_SERVER_URL"), Some(url.as_str()));
    }
}
