//! A real HDFS: one NameNode, one DataNode.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use reqwest::Client;
use serde_json::Value;

use super::jars::Product;
use super::ports::Ports;
use super::server::{Lifetime, Server};
use crate::http;

const NAMENODE: &str = "org.apache.hadoop.hdfs.server.namenode.NameNode";
const DATANODE: &str = "org.apache.hadoop.hdfs.server.datanode.DataNode";

/// The root of the file system.
#[must_use]
pub fn address(ports: &Ports) -> String {
    format!("hdfs://127.0.0.1:{}", ports.namenode)
}

/// The NameNode and the DataNode of the instance in `dir`.
pub(super) fn servers(dir: &Path, lifetime: Lifetime) -> (Server, Server) {
    let classpath = format!("{}:{}/*", conf(dir).display(), Product::Hdfs.folder().display());
    let server = |name, class| Server {
        name,
        class,
        dir: dir.to_path_buf(),
        heap_mib: 256,
        classpath: classpath.clone(),
        args: Vec::new(),
        lifetime,
    };
    (server("namenode", NAMENODE), server("datanode", DATANODE))
}

/// Writes the settings, and formats the name space when it is new.
pub(super) fn prepare(namenode: &Server, ports: &Ports) -> Result<()> {
    let dir = &namenode.dir;
    let conf = conf(dir);
    // Both refuse to start without the folders of their web pages, which the jar does not carry.
    for folder in [conf.join("webapps/hdfs"), conf.join("webapps/datanode")] {
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    write_site(&conf.join("core-site.xml"), &[("fs.defaultFS", address(ports))])?;
    write_site(&conf.join("hdfs-site.xml"), &site(dir, ports))?;
    if dir.join("data/namenode/current/VERSION").exists() {
        return Ok(());
    }
    namenode
        .run_tool(NAMENODE, &["-format", "-force", "-nonInteractive"])
        .context("formatting the NameNode")
}

fn conf(dir: &Path) -> PathBuf {
    dir.join("conf/hdfs")
}

fn site(dir: &Path, ports: &Ports) -> Vec<(&'static str, String)> {
    let local = |port: u16| format!("127.0.0.1:{port}");
    let data = |name: &str| format!("file://{}", dir.join("data").join(name).display());
    vec![
        ("dfs.replication", "1".into()),
        ("dfs.permissions.enabled", "false".into()),
        ("dfs.namenode.name.dir", data("namenode")),
        ("dfs.datanode.data.dir", data("datanode")),
        ("dfs.namenode.rpc-address", local(ports.namenode)),
        ("dfs.namenode.http-address", local(ports.namenode_http)),
        ("dfs.datanode.address", local(ports.datanode_data)),
        ("dfs.datanode.http.address", local(ports.datanode_http)),
        ("dfs.datanode.ipc.address", local(ports.datanode_ipc)),
        ("dfs.datanode.hostname", "127.0.0.1".into()),
        ("dfs.namenode.datanode.registration.ip-hostname-check", "false".into()),
        // After a restart: leave safe mode when the one DataNode has reported, without 30 s on top.
        ("dfs.namenode.safemode.min.datanodes", "1".into()),
        ("dfs.namenode.safemode.extension", "0".into()),
    ]
}

fn write_site(file: &Path, settings: &[(&str, String)]) -> Result<()> {
    let mut text = String::from("<?xml version=\"1.0\"?>\n<configuration>\n");
    for (name, value) in settings {
        let value = escape(value);
        text += &format!("  <property><name>{name}</name><value>{value}</value></property>\n");
    }
    text += "</configuration>\n";
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What the NameNode says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameSystem {
    pub(super) live_datanodes: u64,
    pub(super) safe_mode: bool,
}

impl NameSystem {
    pub(super) fn is_ready(self) -> bool {
        self.live_datanodes >= 1 && !self.safe_mode
    }

    fn from_jmx(answer: &Value) -> Option<Self> {
        let bean = answer.get("beans")?.get(0)?;
        Some(Self {
            live_datanodes: bean.get("NumLiveDataNodes")?.as_u64()?,
            safe_mode: bean.get("FSState")?.as_str()? != "Operational",
        })
    }
}

/// Asks the NameNode; `None` while it doesn't answer.
pub(super) async fn name_system(client: &Client, ports: &Ports) -> Option<NameSystem> {
    let url = format!(
        "http://127.0.0.1:{}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState",
        ports.namenode_http
    );
    NameSystem::from_jmx(&http::get_json(client, &url).await.ok()?)
}

/// Hadoop's words for a file whose writer died before it was closed.
const LEFT_OPEN: &str = "Cannot obtain block length";

/// Copies a file or folder out of HDFS with Hadoop's own shell, into a folder that doesn't exist yet.
/// Files that a writer left open when it died can't be read by anybody and are left out.
pub(super) fn copy_out(namenode: &Server, from: &str, to: &Path) -> Result<()> {
    let target = to.display().to_string();
    match namenode.run_tool("org.apache.hadoop.fs.FsShell", &["-get", from, &target]) {
        Err(error) if to.exists() && format!("{error:#}").contains(LEFT_OPEN) => Ok(()),
        copied => copied.with_context(|| format!("copying {from} out of HDFS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn readiness_needs_a_datanode_and_no_safe_mode() {
        let read = |live: u64, state: &str| {
            let answer = json!({"beans": [{"NumLiveDataNodes": live, "FSState": state}]});
            NameSystem::from_jmx(&answer).unwrap().is_ready()
        };
        assert!(read(1, "Operational"));
        assert!(!read(0, "Operational"));
        assert!(!read(1, "safeMode"));
        assert_eq!(NameSystem::from_jmx(&json!({"beans": []})), None);
    }

    #[test]
    fn site_values_are_escaped() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("site.xml");
        write_site(&file, &[("a", "x<&>".into())]).unwrap();
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains("<value>x&lt;&amp;&gt;</value>"), "{text}");
    }
}
