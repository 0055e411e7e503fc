//! Where the tables are, and opening or creating them.

use std::{collections::HashMap, future::Future, path::Path, time::Duration};

use anyhow::{Context as _, anyhow};
use deltalake::{
    DeltaTable, DeltaTableBuilder, DeltaTableError, ObjectStore as _, TableProperty,
    ensure_table_uri, kernel::transaction::CommitProperties,
};
use futures::TryStreamExt as _;
use vitals_core::runtime::config::LakeSettings;

use crate::schema;

/// Shares of the time limit after which an attempt to open a table is given up; the last attempt
/// has what is left.
const FIRST_ATTEMPTS: [f64; 2] = [0.15, 0.25];

/// The root of the tables.
#[derive(Debug, Clone)]
pub struct Lake {
    root: String,
    options: HashMap<String, String>,
    timeout: Duration,
}

impl Lake {
    /// The lake that the settings name. Nothing is touched yet but the local root folder, which
    /// is created.
    ///
    /// # Errors
    /// When the local root folder can't be created.
    pub fn new(settings: &LakeSettings) -> anyhow::Result<Self> {
        let root = match settings.url.strip_prefix("file://").unwrap_or(&settings.url) {
            remote if remote.contains("://") => remote.trim_end_matches('/').to_owned(),
            local => local_root(local)?,
        };
        let options = settings.options.clone().into_iter().collect();
        Ok(Self { root, options, timeout: settings.timeout() })
    }

    /// Address of table `name`.
    #[must_use]
    pub fn table_url(&self, name: &str) -> String {
        format!("{}/{name}", self.root)
    }

    /// The same lake, whose calls may take up to `timeout`.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self { timeout, ..self.clone() }
    }

    /// Waits for `call` to the storage, but no longer than the settings allow: the HDFS client
    /// has no time limit of its own.
    ///
    /// # Errors
    /// The call's error, or that it took too long; `what` says what it was for.
    pub async fn within<T, E: Into<anyhow::Error>>(
        &self,
        what: &str,
        call: impl Future<Output = Result<T, E>>,
    ) -> anyhow::Result<T> {
        match tokio::time::timeout(self.timeout, call).await {
            Ok(result) => result
                .map_err(|error| first_line(error.into()))
                .with_context(|| format!("lake: {what}")),
            Err(_) => Err(anyhow!("lake: {what}: no answer within {:?}", self.timeout)),
        }
    }

    /// Opens table `name`; `None` when it has not been created yet.
    ///
    /// A connection may hang with every server well. So an attempt that takes long is given up and
    /// made again with a new client, all within the time that one call has.
    ///
    /// # Errors
    /// When the storage is away or the table can't be read.
    pub async fn open(&self, name: &str) -> anyhow::Result<Option<DeltaTable>> {
        let attempts = async {
            for share in FIRST_ATTEMPTS {
                let limit = self.timeout.mul_f64(share);
                if let Ok(opened) = tokio::time::timeout(limit, self.load(name)).await {
                    return opened;
                }
                tracing::warn!(table = name, after = ?limit, "opening it got stuck; trying again");
            }
            self.load(name).await
        };
        self.within(&format!("open table {name}"), attempts).await
    }

    async fn load(&self, name: &str) -> Result<Option<DeltaTable>, DeltaTableError> {
        let mut table = self.builder(name)?.build()?;
        if self.root.starts_with("hdfs://") {
            read_a_byte(&table).await;
        }
        match table.load().await {
            Ok(()) => Ok(Some(table)),
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Opens `table`, creating it when it isn't there. Another process may create it at the same
    /// moment; then that one is opened.
    ///
    /// # Errors
    /// When the storage is away or the table can't be read or created.
    pub async fn open_or_create(&self, table: &schema::Table) -> anyhow::Result<DeltaTable> {
        let name = table.name;
        if let Some(table) = self.open(name).await? {
            return Ok(table);
        }
        let created = self.within(&format!("create table {name}"), self.create(table)).await;
        match created {
            Ok(table) => Ok(table),
            Err(error) => self.open(name).await?.ok_or(error),
        }
    }

    async fn create(&self, table: &schema::Table) -> Result<DeltaTable, DeltaTableError> {
        self.builder(table.name)?
            .build()?
            .create()
            .with_table_name(table.name)
            .with_columns(table.delta_fields())
            .with_partition_columns([schema::REJECTED])
            .with_configuration_property(TableProperty::CheckpointInterval, Some("100"))
            .with_configuration_property(TableProperty::EnableExpiredLogCleanup, Some("true"))
            .with_configuration_property(
                TableProperty::DataSkippingStatsColumns,
                Some(table.indexed),
            )
            // Whoever comes second must open the table, not describe it once more.
            .with_commit_properties(CommitProperties::default().with_max_retries(0))
            .await
    }

    fn builder(&self, name: &str) -> Result<DeltaTableBuilder, DeltaTableError> {
        let url = ensure_table_uri(self.table_url(name))?;
        Ok(DeltaTableBuilder::from_url(url)?.with_storage_options(self.options.clone()))
    }
}

/// Reads a byte of the table's log, so that the HDFS client knows what it asks before its first
/// read.
///
/// That question takes a lock which every call to the NameNode takes, in the order of their
/// coming. The library begins to open many files of the log at once, and then reads the first to
/// its end without looking at the others: when one of those is the next to have the lock, the
/// question waits for it, and it for the question, for good. Seen with some 25 files and more.
async fn read_a_byte(table: &DeltaTable) {
    let store = table.log_store().object_store(None);
    let log = store.list(Some(&"_delta_log".into()));
    let mut commits = log.try_filter(|entry| {
        let name = entry.location.filename().unwrap_or_default();
        std::future::ready(entry.size > 0 && is_commit(name))
    });
    let entry = commits.try_next().await;
    // What goes wrong here goes wrong again in a moment, where it is said.
    if let Ok(Some(entry)) = entry {
        let _read = store.get_ranges(&entry.location, std::slice::from_ref(&(0..1))).await;
    }
}

/// Whether a file of the log is a commit, which is complete from the moment it has its name. What
/// somebody is still writing has another, and the client panics when such a file turns out to be
/// shorter than the NameNode has just said.
fn is_commit(name: &str) -> bool {
    let version = name.strip_suffix(".json");
    version.is_some_and(|digits| digits.len() == 20 && digits.bytes().all(|it| it.is_ascii_digit()))
}

fn local_root(folder: &str) -> anyhow::Result<String> {
    let folder = Path::new(folder);
    std::fs::create_dir_all(folder)
        .with_context(|| format!("lake.url: can't create folder {}", folder.display()))?;
    let folder = folder
        .canonicalize()
        .with_context(|| format!("lake.url: can't use folder {}", folder.display()))?;
    folder
        .to_str()
        .map(ToOwned::to_owned)
        .ok_or_else(|| anyhow!("lake.url: {} is not UTF-8", folder.display()))
}

/// An error of HDFS carries a Java stack trace; its first line says what happened.
fn first_line(error: anyhow::Error) -> anyhow::Error {
    let text = format!("{error:#}");
    match text.split_once('\n') {
        Some((first, _)) => anyhow!("{first}"),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lake(dir: &Path) -> Lake {
        let url = dir.join("lake").display().to_string();
        Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap()
    }

    #[test]
    fn what_somebody_is_still_writing_is_no_commit() {
        assert!(is_commit("00000000000000000012.json"));
        for name in [
            "",
            ".00000000000000000012.json.tmp",
            "00000000000000000012.json.tmp.1",
            "_commit_0b5e3c3e.json.tmp",
            "_last_checkpoint",
            "0000000000000000001x.json",
            "12.json",
            "00000000000000000010.checkpoint.parquet",
        ] {
            assert!(!is_commit(name), "{name}");
        }
    }

    #[tokio::test]
    async fn a_table_is_created_once() {
        let dir = tempfile::tempdir().unwrap();
        let lake = lake(dir.path());
        assert!(lake.open("vitals").await.unwrap().is_none());
        let create = || lake.open_or_create(&schema::VITALS);
        let (first, second) = tokio::join!(create(), create());
        assert_eq!(first.unwrap().version(), Some(0));
        assert_eq!(second.unwrap().version(), Some(0));
        let table = lake.open("vitals").await.unwrap().unwrap();
        let columns = table.snapshot().unwrap().metadata().partition_columns().to_vec();
        assert_eq!(columns, ["rejected"]);
    }

    #[tokio::test]
    async fn a_call_that_hangs_ends_with_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut lake = lake(dir.path());
        lake.timeout = Duration::from_millis(10);
        let hang = std::future::pending::<Result<(), DeltaTableError>>();
        let error = lake.within("list", hang).await.unwrap_err();
        assert!(error.to_string().contains("list: no answer within 10ms"), "{error}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_server_that_says_nothing_is_asked_again_within_the_limit() {
        let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("hdfs://{}/lake", silent.local_addr().unwrap());
        let lake = Lake::new(&LakeSettings { url, timeout_ms: 1000, ..LakeSettings::default() });
        let (held, clients) = tokio::sync::watch::channel(Vec::new());
        tokio::spawn(async move {
            while let Ok((client, _)) = silent.accept().await {
                held.send_modify(|held| held.push(client));
            }
        });
        let error = format!("{:#}", lake.unwrap().open("vitals").await.unwrap_err());
        assert!(error.contains("no answer within 1s"), "{error}");
        assert!(clients.borrow().len() >= 3, "{} clients", clients.borrow().len());
    }

    #[test]
    fn only_the_first_line_of_a_java_stack_trace_is_kept() {
        let error = first_line(anyhow!("NameNode is in safe mode\n\tat org.apache..."));
        assert_eq!(error.to_string(), "NameNode is in safe mode");
    }
}
