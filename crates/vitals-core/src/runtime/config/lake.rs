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
        self.validate_url()?;
        let sites = ["core-site.xml", "hdfs-site.xml"];
        let conf = Path::new(&self.hadoop_conf);
        let found = self.hadoop_conf.is_empty() || sites.iter().any(|it| conf.join(it).is_file());
        check(found, "lake.hadoop_conf", "has neither core-site.xml nor hdfs-site.xml")?;
        check(self.timeout_ms >= 100, "lake.timeout_ms", "is below 100 ms")
    }

    /// Refuses URLs that the storage would read as another path than the one that was meant, or
    /// that it can't serve. Other schemes fail here instead of at the first call.
    fn validate_url(&self) -> Result<(), ConfigError> {
        let url = self.url.as_str();
        let require = |holds, problem| check(holds, "lake.url", problem);
        require(!url.is_empty(), "is empty")?;
        require(url.trim() == url, "starts or ends with white space")?;
        require(!url.contains(char::is_control), "contains a control character")?;
        require(!url.contains('%'), "contains '%': write the character itself")?;
        require(!url.starts_with('~'), "starts with '~', which only a shell expands")?;
        if let Some(rest) = url.strip_prefix("hdfs://") {
            let plain = url.bytes().all(|byte| byte.is_ascii_graphic());
            require(plain, "contains a blank or a character outside ASCII")?;
            // In a URL, each of these ends the path or is encoded: it would be another folder.
            let path = rest.split_once('/').map_or("", |(_, path)| path);
            let odd = path.bytes().any(|byte| b"?#\"<>[]\\^`{|}~*".contains(&byte));
            return require(!odd, "contains a character that is encoded in a URL, such as '?'");
        }
        if url.starts_with("file:") {
            return require(url.starts_with("file:///"), "names no path as file:///folder does");
        }
        let scheme = url.contains("://");
        require(!scheme, "is neither hdfs://..., file:///... nor a local folder")
    }

    /// [`timeout_ms`](Self::timeout_ms) as a duration.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
