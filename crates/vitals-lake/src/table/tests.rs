use std::{path::Path, time::Duration};

use anyhow::anyhow;
use deltalake::{DeltaTableError, TableProperty};
use vitals_core::runtime::config::LakeSettings;

use super::{Lake, commit_version, lake::without_stack_trace};
use crate::schema::{TABLES, VITALS};

fn lake(dir: &Path) -> Lake {
    let url = dir.join("lake").display().to_string();
    Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap()
}

#[test]
fn a_file_that_is_still_being_written_is_no_commit() {
    assert_eq!(commit_version("00000000000000000012.json"), Some(12));
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
        assert_eq!(commit_version(name), None, "{name}");
    }
}

#[tokio::test]
async fn a_table_is_created_once() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    assert!(lake.open("vitals").await.unwrap().is_none());
    let (first, second) = tokio::join!(lake.open_or_create(&VITALS), lake.open_or_create(&VITALS));
    assert_eq!(first.unwrap().version(), Some(0));
    assert_eq!(second.unwrap().version(), Some(0));
    let table = lake.open("vitals").await.unwrap().unwrap();
    let columns = table.snapshot().unwrap().metadata().partition_columns().to_vec();
    assert_eq!(columns, ["rejected"]);
}

#[tokio::test]
async fn a_table_of_an_earlier_release_gets_the_new_columns_and_statistics() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path());
    let new = ["device_time", "refused", "extra", "kafka_time_type", "kafka_key", "kafka_headers"];
    let mut fields = VITALS.delta_fields();
    fields.retain(|field| !new.contains(&field.name().as_str()));
    let url = deltalake::ensure_table_uri(lake.table_url("vitals")).unwrap();
    let old = deltalake::DeltaTable::try_from_url(url).await.unwrap().create();
    let statistics = "patient_id,time,kafka_partition,kafka_offset,sequence";
    old.with_columns(fields)
        .with_partition_columns(["rejected"])
        .with_configuration_property(TableProperty::DataSkippingStatsColumns, Some(statistics))
        .await
        .unwrap();

    // Two processes of the new release open it at once.
    let (first, second) = tokio::join!(lake.open_or_create(&VITALS), lake.open_or_create(&VITALS));
    for table in [first.unwrap(), second.unwrap()] {
        let schema = table.snapshot().unwrap().schema();
        for field in VITALS.delta_fields() {
            assert_eq!(schema.field(field.name()), Some(&field));
        }
        let configuration = table.snapshot().unwrap().metadata().configuration().clone();
        assert_eq!(configuration["delta.dataSkippingStatsColumns"], VITALS.indexed);
    }
    let version = lake.open("vitals").await.unwrap().unwrap().version();
    let again = lake.open_or_create(&VITALS).await.unwrap();
    assert_eq!(again.version(), version, "a table that has the columns is not changed");
}

/// Delta's conversion of the schema is the reference.
#[tokio::test]
async fn the_arrow_schema_is_that_of_the_table() {
    let dir = tempfile::tempdir().unwrap();
    for table in TABLES {
        let created = lake(dir.path()).open_or_create(table).await.unwrap();
        let schema = created.snapshot().unwrap().snapshot().arrow_schema();
        for field in table.file_schema().fields() {
            let expected = schema.field_with_name(field.name()).unwrap();
            assert_eq!(field.data_type(), expected.data_type());
        }
    }
}

#[tokio::test]
async fn a_hanging_call_times_out() {
    let dir = tempfile::tempdir().unwrap();
    let lake = lake(dir.path()).with_timeout(Duration::from_millis(10));
    let hang = std::future::pending::<Result<(), DeltaTableError>>();
    let error = lake.within("list", hang).await.unwrap_err();
    assert!(error.to_string().contains("list: no response within 10ms"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_retried_with_new_connections_within_the_limit() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("hdfs://{}/lake", silent.local_addr().unwrap());
    let lake = Lake::new(&LakeSettings { url, timeout_ms: 1000, ..LakeSettings::default() });
    let (accepted, connections) = tokio::sync::watch::channel(Vec::new());
    tokio::spawn(async move {
        while let Ok((connection, _)) = silent.accept().await {
            accepted.send_modify(|open| open.push(connection));
        }
    });
    let error = format!("{:#}", lake.unwrap().open("vitals").await.unwrap_err());
    assert!(error.contains("no response within 1s"), "{error}");
    let count = connections.borrow().len();
    assert!(count >= 3, "{count} connections");
}

#[test]
fn only_the_first_line_of_a_java_stack_trace_is_kept() {
    let error = without_stack_trace(anyhow!("NameNode is in safe mode\n\tat org.apache..."));
    assert_eq!(error.to_string(), "NameNode is in safe mode");
}
