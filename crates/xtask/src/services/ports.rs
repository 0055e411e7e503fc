//! The ports of one instance, saved so that a restart uses the same addresses.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};

/// Port of Kafka in `config.toml`.
pub const KAFKA: u16 = 9092;
/// Port of the NameNode in `config.toml`.
pub const NAMENODE: u16 = 9000;

/// The first of the ports from which free ones are chosen. From 32,768 on, Linux assigns ports to outgoing
/// connections, which could take one before its service listens on it.
const FIRST_PORT: u16 = 15_000;
/// Number of these ports.
const PORTS: u16 = 32_768 - FIRST_PORT;

/// Every port of one instance, all on 127.0.0.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// Kafka's client listener.
    pub kafka: u16,
    /// Kafka's listener for clients with certificates, if the instance is secured.
    #[serde(default)]
    pub kafka_certificates: u16,
    /// Kafka's controller listener.
    pub kafka_controller: u16,
    /// The NameNode's RPC listener: the port in `hdfs://127.0.0.1:PORT/`.
    pub namenode: u16,
    /// The NameNode's HTTP listener, which serves its state.
    pub namenode_http: u16,
    /// The DataNode's data transfer listener.
    pub datanode_data: u16,
    /// The DataNode's HTTP listener.
    pub datanode_http: u16,
    /// The DataNode's IPC listener.
    pub datanode_ipc: u16,
}

impl Ports {
    /// The given client ports, and free ports for the internal listeners.
    ///
    /// # Errors
    /// Returns an error if no port is free.
    pub fn with_clients(kafka: u16, namenode: u16) -> Result<Self> {
        let [certificates, controller, http, data, datanode_http, ipc] = free_ports()?;
        Ok(Self {
            kafka,
            kafka_certificates: certificates,
            kafka_controller: controller,
            namenode,
            namenode_http: http,
            datanode_data: data,
            datanode_http,
            datanode_ipc: ipc,
        })
    }

    /// Free ports only, for an instance beside others.
    ///
    /// # Errors
    /// Returns an error if no port is free.
    pub fn free() -> Result<Self> {
        let [kafka, namenode] = free_ports()?;
        Self::with_clients(kafka, namenode)
    }

    /// Loads the ports saved in `file`; `None` without valid ones.
    pub(super) fn load(file: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(file).ok()?).ok()
    }

    pub(super) fn save(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        std::fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }
}

/// `N` free ports, distinct from all others that this process was given. Another process may take one
/// before it is used.
///
/// # Errors
/// Returns an error if no port is free.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut ports = [0; N];
    for port in &mut ports {
        *port = (0..PORTS).map(|_| next_port()).find(|port| is_free(*port)).with_context(|| {
            format!("no port from {FIRST_PORT} to {} is free on 127.0.0.1", FIRST_PORT + PORTS - 1)
        })?;
    }
    Ok(ports)
}

/// The next port, free or not. A port is free again until the service that it is for listens on it, so
/// each is returned once, until all were.
fn next_port() -> u16 {
    // Processes that run at the same time start at different ports.
    static NEXT: LazyLock<AtomicU32> =
        LazyLock::new(|| AtomicU32::new(std::process::id().wrapping_mul(997)));
    let next = NEXT.fetch_add(1, Relaxed) % u32::from(PORTS);
    // The remainder is less than `PORTS`.
    FIRST_PORT + u16::try_from(next).unwrap_or_default()
}

/// Returns true if this port of 127.0.0.1 is free.
#[must_use]
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

/// Returns an error that names the purpose of a port if it is taken.
pub(super) fn ensure_free(port: u16, purpose: &str, option: &str) -> Result<()> {
    ensure!(
        is_free(port),
        "127.0.0.1:{port}, needed for {purpose}, is taken by another program: stop it or choose \
         another port with {option}"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn free_ports_are_distinct_and_free() {
        let ports: Vec<_> = (0..500).flat_map(|_| free_ports::<2>().unwrap()).collect();
        assert_eq!(BTreeSet::from_iter(&ports).len(), ports.len());
        assert!(ports.iter().all(|port| (FIRST_PORT..FIRST_PORT + PORTS).contains(port)));
        assert!(ports.iter().all(|port| is_free(*port)));
    }

    #[test]
    fn the_error_about_a_taken_port_names_the_port_and_the_option() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = ensure_free(port, "Kafka", "--kafka-port").unwrap_err().to_string();
        assert!(error.contains(&port.to_string()) && error.contains("--kafka-port"), "{error}");
    }

    #[test]
    fn ports_survive_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ports.json");
        assert_eq!(Ports::load(&file), None);
        let ports = Ports::free().unwrap();
        ports.save(&file).unwrap();
        assert_eq!(Ports::load(&file), Some(ports));
    }
}
