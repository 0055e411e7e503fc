//! Section `[lake]`.

use std::{collections::BTreeMap, time::Duration};

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
    /// Options for the storage, for example `dfs.ha.namenodes.NAME`.
    pub options: BTreeMap<String, String>,
}

impl Default for LakeSettings {
    fn default() -> Self {
        Self { url: "data/vitals_data".to_owned(), timeout_ms: 30_000, options: BTreeMap::new() }
    }
}

impl LakeSettings {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        let known = match self.url.split_once("://") {
            Some((scheme, _)) => matches!(scheme, "hdfs" | "file"),
            None => !self.url.trim().is_empty(),
        };
        check(known, "lake.url", "is neither hdfs://..., file://... nor a local folder")?;
        check(self.timeout_ms >= 100, "lake.timeout_ms", "is below 100 ms")
    }

    /// [`timeout_ms`](Self::timeout_ms) as a duration.
    #[must_use]
    pub const fn timeout(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}
