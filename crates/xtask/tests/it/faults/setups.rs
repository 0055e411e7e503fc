//! Configurations that the other cases leave at their defaults: a name service with its own user,
//! static members, a topic truncated by retention, and a topic written in transactions.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::ClientConfig;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{Value, json};
use xtask::http;

use super::case::{Case, Consumer, Expected, PARTITIONS, verify};
use crate::support::cluster::Cluster;
use crate::support::{EVENTUALLY, seconds, wait_until};

const READINGS: u32 = 8_000;
const RATE: u32 = 800;

/// Offsets of every partition that Kafka deletes before they are archived.
const TRUNCATED: i64 = 100;

/// Number of times that the table is opened.
const OPENINGS: usize = 5;

/// Messages per transaction.
const PER_TRANSACTION: i64 = 50;

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn settings_for_hdfs_and_for_the_group_take_effect() {
    let cluster = Cluster::start("setups").await;
    let mut named = Case::new(&cluster, "name_service").await;
    configure_name_service(&mut named);
    let static_members = Case::new(&cluster, "static_members").await;
    let truncated = Case::new(&cluster, "truncated").await;
    let transactions = Case::new(&cluster, "transactions").await;
    tokio::join!(
        archive(&named),
        keep_partitions(&static_members),
        truncate_topic(&truncated),
        read_transactions(&transactions)
    );
    assert_eq!(owner(&cluster, "/lakes/name_service/vitals").await, "archivist");
    let expected = [&named, &static_members].map(|case| Expected { case, readings: READINGS });
    verify(&cluster, &expected).await;
}

/// Configures a lake behind a name service of two NameNodes, the first of which is down, and a user
/// who owns its files.
fn configure_name_service(case: &mut Case<'_>) {
    let address = case.cluster.services.hdfs();
    let namenode = address.strip_prefix("hdfs://").unwrap();
    let conf = case.cluster.dir.join("hadoop");
    fs::create_dir_all(&conf).unwrap();
    fs::write(conf.join("core-site.xml"), site(&[("fs.defaultFS", "hdfs://wards")])).unwrap();
    let provider = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider";
    let settings = [
        ("dfs.nameservices", "wards"),
        ("dfs.ha.namenodes.wards", "nn1,nn2"),
        // The first NameNode is down: its port is closed.
        ("dfs.namenode.rpc-address.wards.nn1", "127.0.0.1:9"),
        ("dfs.namenode.rpc-address.wards.nn2", namenode),
        ("dfs.client.failover.proxy.provider.wards", provider),
    ];
    fs::write(conf.join("hdfs-site.xml"), site(&settings)).unwrap();
    case.set("LAKE__URL", &format!("hdfs://wards/lakes/{}", case.name));
    case.set("LAKE__HADOOP_CONF", &conf.display().to_string());
    case.set("LAKE__USER", "archivist");
}

/// A Hadoop configuration file.
fn site(settings: &[(&str, &str)]) -> String {
    let properties = settings.iter().map(|(name, value)| {
        format!("<property><name>{name}</name><value>{value}</value></property>")
    });
    format!("<configuration>{}</configuration>", properties.collect::<String>())
}

async fn archive(case: &Case<'_>) {
    let consumer = case.consumer("it", "", &[]);
    consumer.wait_ready(case).await;
    let producer = case.produce(READINGS, RATE);
    case.finish(producer, EVENTUALLY).await;
    consumer.process.stop().await;
    // Two libraries once deadlocked while reading a log of many small files.
    for _ in 0..OPENINGS {
        let started = Instant::now();
        case.assert_audit_clean();
        assert!(started.elapsed() < seconds(30), "opening the table takes too long");
    }
}

/// Owner of a file or folder, from the NameNode.
async fn owner(cluster: &Cluster, path: &str) -> String {
    let port = cluster.services.ports().namenode_http;
    let url = format!("http://127.0.0.1:{port}/webhdfs/v1{path}?op=GETFILESTATUS");
    let response = http::get_json(&cluster.client, &url).await.unwrap();
    response["FileStatus"]["owner"].as_str().unwrap().to_owned()
}

/// A static member dies and returns within the session timeout: it keeps its partitions, and the
/// other member sees no rebalance.
async fn keep_partitions(case: &Case<'_>) {
    let a = static_member(case, "a", "a");
    let b = static_member(case, "b", "b");
    let half = PARTITIONS as usize / 2;
    wait_reading(case, &a, half).await;
    wait_reading(case, &b, half).await;
    let producer = case.produce(READINGS, RATE);
    b.wait_stored(case, RATE).await;
    let of_a = wait_reading(case, &a, half).await;
    let of_b = wait_reading(case, &b, half).await;
    let rebalances = a.log().rebalances();
    b.process.crash().await;
    let b = static_member(case, "b", "b_again");
    assert_eq!(wait_reading(case, &b, half).await, of_b);
    case.finish(producer, EVENTUALLY).await;
    assert_eq!(wait_reading(case, &a, half).await, of_a);
    assert_eq!(a.log().rebalances(), rebalances, "the other member was rebalanced");
    a.process.stop().await;
    b.process.stop().await;
}

/// Starts a consumer that is a static member of the group.
fn static_member(case: &Case<'_>, host: &str, tag: &str) -> Consumer {
    let spool = case.spool(host);
    let further = [
        ("CONSUMER__INSTANCE_ID", host),
        ("CONSUMER__SPOOL__FOLDER", spool.as_str()),
        ("CONSUMER__SESSION_TIMEOUT_MS", "30000"),
    ];
    case.consumer(tag, "", &further)
}

/// Waits until a consumer reads as many partitions, and returns them.
async fn wait_reading(case: &Case<'_>, consumer: &Consumer, number: usize) -> Vec<i64> {
    let mut partitions = Vec::new();
    wait_until("the member reads its partitions", EVENTUALLY, async || {
        partitions = reading(case, consumer).await;
        partitions.len() == number
    })
    .await;
    partitions
}

/// The partitions that a consumer reads, from `/status`; none while it doesn't answer.
async fn reading(case: &Case<'_>, consumer: &Consumer) -> Vec<i64> {
    let status = case.cluster.get(&consumer.address, "/status").await.unwrap_or_default();
    let partitions = status["topics"][0]["partitions"].as_array().cloned().unwrap_or_default();
    let reading = partitions.iter().filter(|it| it["phase"] == "reading");
    reading.map(|it| it["partition"].as_i64().unwrap()).collect()
}

/// Kafka deletes messages before they are archived: the lake records the lost offsets, and archiving
/// continues.
async fn truncate_topic(case: &Case<'_>) {
    let first = case.consumer("first", "", &[]);
    first.wait_ready(case).await;
    case.finish(case.produce(READINGS / 2, RATE), EVENTUALLY).await;
    first.process.stop().await;
    let before = positions(&case.audit(&[]).unwrap());
    let mut producer = case.produce(READINGS / 2, RATE);
    assert!(producer.ended(EVENTUALLY).await.success());
    delete_records(case, &before).await;
    let second = case.consumer("second", "", &[]);
    case.finish(case.produce(READINGS / 2, RATE), EVENTUALLY).await;
    second.process.stop().await;

    let audit = case.audit(&[]).expect("lost offsets are a finding only with --strict");
    for partition in audit["partitions"].as_array().unwrap() {
        let at = before[&partition["partition"].as_i64().unwrap()];
        assert_eq!(partition["lost"], json!([{"start": at, "end": at + TRUNCATED}]), "{partition}");
        let rows = partition["stored"].as_i64().unwrap();
        assert_eq!(rows + TRUNCATED, partition["position"].as_i64().unwrap(), "{partition}");
    }
    assert!(case.audit(&["--strict"]).is_err(), "--strict reports lost offsets as findings");
}

fn positions(audit: &Value) -> BTreeMap<i64, i64> {
    let partitions = audit["partitions"].as_array().unwrap();
    partitions
        .iter()
        .map(|it| (it["partition"].as_i64().unwrap(), it["position"].as_i64().unwrap()))
        .collect()
}

/// Deletes offsets after `positions`, as retention does.
async fn delete_records(case: &Case<'_>, positions: &BTreeMap<i64, i64>) {
    let mut before = TopicPartitionList::new();
    for (partition, position) in positions {
        let partition = i32::try_from(*partition).unwrap();
        before
            .add_partition_offset(&case.name, partition, Offset::Offset(position + TRUNCATED))
            .unwrap();
    }
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", case.cluster.services.bootstrap_servers())
        .create()
        .unwrap();
    admin.delete_records(&before, &AdminOptions::new()).await.unwrap();
}

/// A committed transaction, an aborted one, another committed one, and a message outside: transaction
/// markers and aborted messages count neither as messages nor as lost offsets.
async fn read_transactions(case: &Case<'_>) {
    let consumer = case.consumer("it", "", &[]);
    consumer.wait_ready(case).await;
    let broker = case.cluster.services.bootstrap_servers();
    let topic = case.name.clone();
    tokio::task::spawn_blocking(move || transact(&broker, &topic)).await.unwrap();
    case.wait_archived(EVENTUALLY).await;
    consumer.process.stop().await;
    let audit = case.audit(&["--kafka"]).unwrap();
    let found = &audit["partitions"][0];
    let counted = ["stored", "no_message", "position"].map(|name| found[name].as_i64().unwrap());
    assert_eq!(
        counted,
        [2 * PER_TRANSACTION + 1, PER_TRANSACTION + 3, 3 * PER_TRANSACTION + 4],
        "{found}"
    );
}

fn transact(broker: &str, topic: &str) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker);
    let plain: BaseProducer = config.create().unwrap();
    let producer: BaseProducer = config.set("transactional.id", topic).create().unwrap();
    let wait = seconds(30);
    producer.init_transactions(wait).unwrap();
    for round in 0..3 {
        producer.begin_transaction().unwrap();
        for message in 0..PER_TRANSACTION {
            send(&producer, topic, round * PER_TRANSACTION + message);
        }
        producer.flush(wait).unwrap();
        match round {
            1 => producer.abort_transaction(wait).unwrap(),
            _ => producer.commit_transaction(wait).unwrap(),
        }
    }
    // The broker writes the last marker after its response.
    std::thread::sleep(seconds(2));
    send(&plain, topic, 3 * PER_TRANSACTION);
    plain.flush(wait).unwrap();
}

fn send(producer: &BaseProducer, topic: &str, sequence: i64) {
    let reading = json!({"patient_id": "p-1", "timestamp": 1_763_812_800_000_i64 + sequence,
        "spo2": 97, "sequence": sequence});
    let payload = reading.to_string();
    let record: BaseRecord<'_, str, str> =
        BaseRecord::to(topic).partition(0).key("p-1").payload(&payload);
    producer.send(record).map_err(|(error, _)| error).unwrap();
}
