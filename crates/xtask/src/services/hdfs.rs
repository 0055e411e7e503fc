//! HDFS: one NameNode and one DataNode.

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

/// URL of the file system's root.
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

/// Writes the settings, and formats the namespace of a new instance.
pub(super) fn prepare(namenode: &Server, ports: &Ports) -> Result<()> {
    let dir = &namenode.dir;
    let conf = conf(dir);
    // Neither server starts without the folders of its web pages, which the jar lacks.
    for folder in [conf.join("webapps/hdfs"), conf.join("webapps/datanode")] {
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
    }
    write_site(&conf.join("core-site.xml"), &[("fs.defaultFS", address(ports))])?;
    write_site(&conf.join("hdfs-site.xml"), &hdfs_site(dir, ports))?;
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

fn hdfs_site(dir: &Path, ports: &Ports) -> Vec<(&'static str, String)> {
    let data = dir.join("data");
    let data = data.display();
    vec![
        ("dfs.replication", "1".into()),
        ("dfs.permissions.enabled", "false".into()),
        ("dfs.namenode.name.dir", format!("file://{data}/namenode")),
        ("dfs.datanode.data.dir", format!("file://{data}/datanode")),
        ("dfs.namenode.rpc-address", loopback(ports.namenode)),
        ("dfs.namenode.http-address", loopback(ports.namenode_http)),
        ("dfs.datanode.address", loopback(ports.datanode_data)),
        ("dfs.datanode.http.address", loopback(ports.datanode_http)),
        ("dfs.datanode.ipc.address", loopback(ports.datanode_ipc)),
        ("dfs.datanode.hostname", "127.0.0.1".into()),
        ("dfs.namenode.datanode.registration.ip-hostname-check", "false".into()),
        // After a restart, leave safe mode as soon as the DataNode has reported: no 30 s extension.
        ("dfs.namenode.safemode.min.datanodes", "1".into()),
        ("dfs.namenode.safemode.extension", "0".into()),
    ]
}

fn loopback(port: u16) -> String {
    format!("127.0.0.1:{port}")
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

/// State of the namespace, from the NameNode's JMX endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameSystem {
    pub(super) live_datanodes: u64,
    pub(super) safe_mode: bool,
}

impl NameSystem {
    pub(super) fn is_ready(self) -> bool {
        self.live_datanodes >= 1 && !self.safe_mode
    }

    fn from_jmx(response: &Value) -> Option<Self> {
        let bean = response.get("beans")?.get(0)?;
        Some(Self {
            live_datanodes: bean.get("NumLiveDataNodes")?.as_u64()?,
            safe_mode: bean.get("FSState")?.as_str()? != "Operational",
        })
    }
}

/// Queries the NameNode; `None` while it doesn't respond.
pub(super) async fn name_system(client: &Client, ports: &Ports) -> Option<NameSystem> {
    let url = format!(
        "http://127.0.0.1:{}/jmx?qry=Hadoop:service=NameNode,name=FSNamesystemState",
        ports.namenode_http
    );
    NameSystem::from_jmx(&http::get_json(client, &url).await.ok()?)
}

/// Hadoop's error message for a file whose writer died before closing it.
const UNCLOSED_FILE: &str = "Cannot obtain block length";

/// Copies a file or folder out of HDFS with Hadoop's own shell, into a folder that doesn't exist yet.
/// Skips files whose writer died before closing them: no client can read those.
pub(super) fn copy_out(namenode: &Server, from: &str, to: &Path) -> Result<()> {
    let target = to.display().to_string();
    match namenode.run_tool("org.apache.hadoop.fs.FsShell", &["-get", from, &target]) {
        Err(error) if to.exists() && format!("{error:#}").contains(UNCLOSED_FILE) => Ok(()),
        copied => copied.with_context(|| format!("copying {from} out of HDFS")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn readiness_requires_a_datanode_and_the_end_of_safe_mode() {
        for (live, state, is_ready) in
            [(1, "Operational", true), (0, "Operational", false), (1, "safeMode", false)]
        {
            let response = json!({"beans": [{"NumLiveDataNodes": live, "FSState": state}]});
            assert_eq!(NameSystem::from_jmx(&response).unwrap().is_ready(), is_ready, "{state}");
        }
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
