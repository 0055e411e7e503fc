//! Section `[lake]`.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::{ConfigError, check};

/// Where the tables are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LakeSettings {
    /// `hdfs://host:port/folder`, `hdfs://nameservice/folder`, or a local folder.
    pub url: String,
    /// Longest time that one call to the storage may take, ms.
    pub timeout_ms: u64,
    /// The user on HDFS; empty: as `HADOOP_USER_NAME` says, or who runs the process. With Kerberos
    /// the ticket decides.
    pub user: String,
    /// Folder with Hadoop's `core-site.xml` and `hdfs-site.xml`; empty: as `HADOOP_CONF_DIR` or
    /// `HADOOP_HOME` say, or none.
    pub hadoop_conf: String,
    /// Options for the storage, for example `dfs.ha.namenodes.NAME`.
    pub options: BTreeMap<String, String>,
}

impl Default for LakeSettings {
    fn default() -> Self {
        Self {
            url: "data/vitals_data".to_owned(),
            timeout_ms: 30_000,
            user: String::new(),
            hadoop_conf: String::new(),
            options: BTreeMap::new(),
        }
    }
}

impl LakeSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let known = match self.url.split_once("://") {
            Some((scheme, _)) => matches!(scheme, "hdfs" | "file"),
            None => !self.url.trim().is_empty(),
        };
        check(known, "lake.url", "is neither hdfs://..., file://... nor a local folder")?;
        let sites = ["core-site.xml", "hdfs-site.xml"];
        let conf = Path::new(&self.hadoop_conf);
        let found = self.hadoop_conf.is_empty() || sites.iter().any(|it| conf.join(it).is_file());
        check(found, "lake.hadoop_conf", "is no folder with core-site.xml or hdfs-site.xml")?;
        check(self.timeout_ms >= 100, "lake.timeout_ms", "is below 100 ms")
    }

    /// [`timeout_ms`](Self::timeout_ms) as a duration.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
