//! A broker, a lake and any number of consumers.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use arrow::util::display::array_value_to_string;
use deltalake::{DeltaTable, datafusion::prelude::SessionContext};
use rdkafka::{
    ClientConfig,
    mocking::MockCluster,
    producer::{BaseRecord, DefaultProducerContext, Producer as _, ThreadedProducer},
};
use vitals_core::runtime::{
    config::{Roles, Settings},
    telemetry,
};
use vitals_lake::{
    audit::{Audit, audit},
    schema::{TABLES, VITALS},
    table::Lake,
};

pub(crate) use crate::running_consumer::RunningConsumer;
use crate::wait::{check, wait_for};

pub(crate) const TOPIC: &str = "vitals";

/// Timeout for any condition that a test waits for.
pub(crate) const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// The environment of a test. Dropping it removes the lake and the spools.
pub(crate) struct World {
    pub(crate) broker: MockCluster<'static, DefaultProducerContext>,
    pub(crate) dir: tempfile::TempDir,
    pub(crate) settings: Settings,
    pub(crate) producer: ThreadedProducer<DefaultProducerContext>,
}

impl World {
    pub(crate) fn new(partitions: i32) -> Self {
        Self::with_brokers(1, partitions)
    }

    pub(crate) fn with_brokers(brokers: i32, partitions: i32) -> Self {
        telemetry::start_metrics();
        let broker = MockCluster::new(brokers).unwrap();
        broker.create_topic(TOPIC, partitions, 1).unwrap();
        broker.create_topic("vitals.rejected", 1, 1).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut settings = Settings::default();
        // The tests of the watch enable it.
        settings.consumer.roles = Roles::Archive;
        settings.consumer.alerts = false;
        settings.consumer.model_events = false;
        settings.consumer.audit = false;
        settings.kafka.bootstrap_servers = broker.bootstrap_servers();
        settings.lake.url = dir.path().join("lake").display().to_string();
        settings.lake.timeout_ms = 5_000;
        settings.consumer.rotation.max_age_ms = 200;
        // The mock broker removes a member that left only after its session timeout.
        settings.consumer.session_timeout_ms = 4_000;
        settings.consumer.spool.folder = dir.path().join("spool").display().to_string();
        settings.consumer.spool.min_free_bytes = 0;
        let producer = ClientConfig::new()
            .set("bootstrap.servers", broker.bootstrap_servers())
            .create()
            .unwrap();
        Self { broker, dir, settings, producer }
    }

    pub(crate) fn send(&self, partition: i32, payload: &str) {
        self.send_to(TOPIC, partition, payload);
    }

    pub(crate) fn send_to(&self, topic: &str, partition: i32, payload: &str) {
        let record: BaseRecord<'_, (), str> =
            BaseRecord::to(topic).partition(partition).payload(payload);
        self.producer.send(record).map_err(|(error, _)| error).unwrap();
    }

    /// Sends readings `from..to` of one patient to `partition`, and waits for the broker.
    pub(crate) fn send_readings(&self, partition: i32, from: i64, to: i64) {
        self.queue_readings(partition, from, to);
        self.producer.flush(TEST_TIMEOUT).unwrap();
    }

    /// Queues readings `from..to` of one patient for `partition`.
    pub(crate) fn queue_readings(&self, partition: i32, from: i64, to: i64) {
        for sequence in from..to {
            self.send(
                partition,
                &format!(
                    r#"{{"patient_id":"p-{partition}","timestamp":{},"spo2":97,"sequence":{sequence}}}"#,
                    1_763_812_800_000 + sequence * 1000
                ),
            );
        }
    }

    /// Sends `count` readings to `partition` in batches that are compressed with `codec`.
    pub(crate) fn send_compressed(&self, partition: i32, codec: &str, count: i64) {
        let producer: ThreadedProducer<DefaultProducerContext> = ClientConfig::new()
            .set("bootstrap.servers", self.broker.bootstrap_servers())
            .set("compression.codec", codec)
            // Many messages in one batch: librdkafka sends what does not shrink as it is.
            .set("linger.ms", "50")
            .create()
            .unwrap();
        for sequence in 0..count {
            let payload = format!(
                r#"{{"patient_id":"p-{codec}","timestamp":1763812800000,"spo2":97,"sequence":{sequence}}}"#
            );
            let record: BaseRecord<'_, (), str> =
                BaseRecord::to(TOPIC).partition(partition).payload(&payload);
            producer.send(record).map_err(|(error, _)| error).unwrap();
        }
        producer.flush(TEST_TIMEOUT).unwrap();
    }

    pub(crate) async fn start(&self) -> RunningConsumer {
        RunningConsumer::start(&self.settings).await
    }

    /// Makes the lake unavailable: moves its folder away and puts a file in its place.
    pub(crate) fn break_lake(&self) {
        if self.table_dir().exists() {
            std::fs::rename(self.table_dir(), self.dir.path().join("away")).unwrap();
        }
        std::fs::create_dir_all(self.dir.path().join("lake")).unwrap();
        std::fs::write(self.table_dir(), "not a folder").unwrap();
    }

    /// Makes the lake available again, with its former content.
    pub(crate) fn restore_lake(&self) {
        std::fs::remove_file(self.table_dir()).unwrap();
        let away = self.dir.path().join("away");
        if away.exists() {
            std::fs::rename(away, self.table_dir()).unwrap();
        }
    }

    pub(crate) fn table_dir(&self) -> PathBuf {
        self.dir.path().join("lake/vitals")
    }

    pub(crate) fn cluster_id(&self) -> String {
        self.producer.client().fetch_cluster_id(TEST_TIMEOUT).unwrap()
    }

    pub(crate) async fn table(&self) -> Option<DeltaTable> {
        Lake::new(&self.settings.lake).unwrap().open("vitals").await.unwrap()
    }

    /// The result of a query of one column, as text.
    pub(crate) async fn query(&self, sql: &str) -> Vec<String> {
        let lake = Lake::new(&self.settings.lake).unwrap();
        let session = SessionContext::new();
        for name in TABLES.map(|table| table.name) {
            let Some(table) = lake.open(name).await.unwrap() else { continue };
            session.register_table(name, table.table_provider().await.unwrap()).unwrap();
        }
        if !session.table_exist("vitals").unwrap() {
            return vec![];
        }
        let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
        let mut values = Vec::new();
        for batch in &batches {
            for row in 0..batch.num_rows() {
                values.push(array_value_to_string(batch.column(0), row).unwrap());
            }
        }
        values
    }

    pub(crate) async fn rows(&self) -> usize {
        let count = self.query("select count(*) from vitals").await;
        count.first().map_or(0, |count| count.parse().unwrap())
    }

    /// Waits until the table has `rows` rows.
    pub(crate) async fn wait_for_rows(&self, rows: usize) {
        wait_for(&format!("{rows} rows"), async || {
            let found = self.rows().await;
            assert!(found <= rows, "{found} rows, but {rows} messages were sent");
            check(found == rows, found)
        })
        .await;
    }

    /// Waits until `table` has `rows` rows, rejected messages included.
    pub(crate) async fn wait_for_rows_of(&self, table: &str, rows: usize) {
        let log = format!("lake/{table}/_delta_log/00000000000000000000.json");
        let log = self.dir.path().join(log);
        wait_for(&format!("{rows} rows of {table}"), async || {
            // A query needs the table of readings, too.
            let found = match log.exists() && self.table_dir().exists() {
                true => self.query(&format!("select count(*) from {table}")).await,
                false => vec![],
            };
            check(found == [rows.to_string()], found)
        })
        .await;
    }

    pub(crate) async fn audit(&self) -> Audit {
        let lake = Lake::new(&self.settings.lake).unwrap();
        audit(&lake, &VITALS, TOPIC).await.unwrap().unwrap()
    }

    /// Asserts that every partition has each offset from 0 to its count exactly once, according
    /// to the rows and to the audit.
    pub(crate) async fn assert_exactly_once(&self, sent: &BTreeMap<i32, i64>) {
        let audit = self.audit().await;
        assert!(audit.is_clean(), "{audit:?}");
        let audited: BTreeMap<i32, i64> =
            audit.partitions.iter().map(|p| (p.partition, p.stored + p.rejected)).collect();
        assert_eq!(audited, *sent);
        for (partition, count) in sent {
            let offsets = self
                .query(&format!(
                    "select kafka_offset from vitals where kafka_partition = {partition} \
                     order by kafka_offset"
                ))
                .await;
            let expected: Vec<String> = (0..*count).map(|offset| offset.to_string()).collect();
            assert_eq!(offsets, expected, "partition {partition}");
        }
    }
}
