//! Section `[lake]`.

use std::{collections::BTreeMap, path::Path, time::Duration};

use serde::{Deserialize, Serialize};

use super::error::{ConfigError, check};

/// The storage of the tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LakeSettings {
    /// Root of the tables: `hdfs://host:port/folder`, `hdfs://nameservice/folder`, or a local folder.
    pub url: String,
    /// Timeout of a storage call, ms.
    pub timeout_ms: u64,
    /// HDFS user. If empty: `HADOOP_USER_NAME`, or the user of the process. With Kerberos, the
    /// ticket determines the user.
    pub user: String,
    /// Folder with Hadoop's `core-site.xml` and `hdfs-site.xml`. If empty: `HADOOP_CONF_DIR` or
    /// `HADOOP_HOME`, or none.
    pub hadoop_conf: String,
    /// Storage options, for example `dfs.ha.namenodes.NAME`.
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
        // Other schemes fail here instead of at the first call to the storage.
        let known = match self.url.split_once("://") {
            Some((scheme, _)) => matches!(scheme, "hdfs" | "file"),
            None => !self.url.trim().is_empty(),
        };
        check(known, "lake.url", "is neither hdfs://..., file://... nor a local folder")?;
        let sites = ["core-site.xml", "hdfs-site.xml"];
        let conf = Path::new(&self.hadoop_conf);
        let found = self.hadoop_conf.is_empty() || sites.iter().any(|it| conf.join(it).is_file());
        check(found, "lake.hadoop_conf", "has neither core-site.xml nor hdfs-site.xml")?;
        check(self.timeout_ms >= 100, "lake.timeout_ms", "is below 100 ms")
    }

    /// [`timeout_ms`](Self::timeout_ms) as a duration.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
