//! Ways in which a consumer is set up that the other cases leave at their defaults: a name service
//! with a user of its own, static members, a log that Kafka has cut meanwhile, and one that was
//! written in transactions.

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
use crate::support::{seconds, wait_until};

const READINGS: u32 = 8_000;
const RATE: u32 = 800;

/// Offsets that Kafka deletes of every partition before they are archived.
const CUT: i64 = 100;

/// How often a table is opened to see that it always can be.
const OPENINGS: usize = 5;

/// Messages in a transaction.
const TOGETHER: i64 = 50;

#[tokio::test]
#[ignore = "needs Java, Maven and Python; run by cargo xtask test"]
async fn settings_for_hdfs_and_for_the_group_do_what_they_say() {
    let cluster = Cluster::start("setups").await;
    let mut named = Case::new(&cluster, "name_service").await;
    name_service(&mut named);
    let fixed = Case::new(&cluster, "static_members").await;
    let cut = Case::new(&cluster, "cut").await;
    let transactions = Case::new(&cluster, "transactions").await;
    tokio::join!(
        archive(&named),
        keep_partitions(&fixed),
        cut_log(&cut),
        read_transactions(&transactions)
    );
    assert_eq!(owner(&cluster, "/lakes/name_service/vitals").await, "archivist");
    let expected = [&named, &fixed].map(|case| Expected { case, readings: READINGS });
    verify(&cluster, &expected).await;
}

/// The lake is behind a name service of two NameNodes, the first of which is down, and its files
/// belong to a user of their own.
fn name_service(case: &mut Case<'_>) {
    let address = case.cluster.services.hdfs();
    let namenode = address.strip_prefix("hdfs://").unwrap();
    let conf = case.cluster.dir.join("hadoop");
    fs::create_dir_all(&conf).unwrap();
    let site = |settings: &[(&str, &str)]| {
        let properties = settings.iter().map(|(name, value)| {
            format!("<property><name>{name}</name><value>{value}</value></property>")
        });
        format!("<configuration>{}</configuration>", properties.collect::<String>())
    };
    fs::write(conf.join("core-site.xml"), site(&[("fs.defaultFS", "hdfs://wards")])).unwrap();
    let provider = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider";
    let settings = [
        ("dfs.nameservices", "wards"),
        ("dfs.ha.namenodes.wards", "nn1,nn2"),
        // Nobody listens there.
        ("dfs.namenode.rpc-address.wards.nn1", "127.0.0.1:9"),
        ("dfs.namenode.rpc-address.wards.nn2", namenode),
        ("dfs.client.failover.proxy.provider.wards", provider),
    ];
    fs::write(conf.join("hdfs-site.xml"), site(&settings)).unwrap();
    case.set("LAKE__URL", &format!("hdfs://wards/lakes/{}", case.name));
    case.set("LAKE__HADOOP_CONF", &conf.display().to_string());
    case.set("LAKE__USER", "archivist");
}

async fn archive(case: &Case<'_>) {
    let consumer = case.consumer("it", "", &[]);
    consumer.ready(case).await;
    let producer = case.produce(READINGS, RATE);
    case.settled(producer, seconds(60)).await;
    consumer.process.stop().await;
    // Two libraries could wait for each other for good over a log of many small files.
    for _ in 0..OPENINGS {
        let started = Instant::now();
        case.audit();
        assert!(started.elapsed() < seconds(30), "opening the table got stuck");
    }
}

/// Who a file or folder belongs to, as the NameNode has it.
async fn owner(cluster: &Cluster, path: &str) -> String {
    let port = cluster.services.ports().namenode_http;
    let url = format!("http://127.0.0.1:{port}/webhdfs/v1{path}?op=GETFILESTATUS");
    let answer = http::get_json(&cluster.client, &url).await.unwrap();
    answer["FileStatus"]["owner"].as_str().unwrap().to_owned()
}

/// A static member dies and is back within the session timeout: it has the partitions it had, and
/// the other one never hears of it.
async fn keep_partitions(case: &Case<'_>) {
    let start = |host: &str, tag: &str| {
        let spool = case.spool(host);
        let further = [
            ("CONSUMER__INSTANCE_ID", host),
            ("CONSUMER__SPOOL__FOLDER", spool.as_str()),
            ("CONSUMER__SESSION_TIMEOUT_MS", "30000"),
        ];
        case.consumer(tag, "", &further)
    };
    let (a, b) = (start("a", "a"), start("b", "b"));
    let half = PARTITIONS as usize / 2;
    for consumer in [&a, &b] {
        wait_until("the members share the partitions", seconds(60), async || {
            reading(case, consumer).await.len() == half
        })
        .await;
    }
    let producer = case.produce(READINGS, RATE);
    b.stored(case, RATE).await;
    let (of_a, of_b) = (reading(case, &a).await, reading(case, &b).await);
    let assigned = assignments(case, "a");
    b.process.crash().await;
    let b = start("b", "b_again");
    wait_until("it has partitions again", seconds(20), async || {
        reading(case, &b).await.len() == half
    })
    .await;
    assert_eq!(reading(case, &b).await, of_b);
    case.settled(producer, seconds(60)).await;
    assert_eq!(reading(case, &a).await, of_a);
    assert_eq!(assignments(case, "a"), assigned, "its partitions were given anew");
    a.process.stop().await;
    b.process.stop().await;
}

/// The partitions that a consumer reads, as `/status` has them.
async fn reading(case: &Case<'_>, consumer: &Consumer) -> Vec<i64> {
    let status = case.cluster.get(&consumer.address, "/status").await.unwrap_or_default();
    let partitions = status["topics"][0]["partitions"].as_array().cloned().unwrap_or_default();
    let reading = partitions.iter().filter(|it| it["phase"] == "reading");
    reading.map(|it| it["partition"].as_i64().unwrap()).collect()
}

/// How often a consumer was given partitions or had to give them back.
fn assignments(case: &Case<'_>, tag: &str) -> usize {
    let log = case.cluster.dir.join(format!("{}.consumer.{tag}.log", case.name));
    let log = fs::read_to_string(log).unwrap();
    log.matches("assigned").count() + log.matches("revoked").count()
}

/// Kafka deletes what nobody has archived: the lake says which offsets are missing, and goes on.
async fn cut_log(case: &Case<'_>) {
    let first = case.consumer("first", "", &[]);
    first.ready(case).await;
    case.settled(case.produce(READINGS / 2, RATE), seconds(60)).await;
    first.process.stop().await;
    let before = positions(&case.audited(&[]).unwrap());
    let mut producer = case.produce(READINGS / 2, RATE);
    assert!(producer.ended(seconds(60)).await.success());
    delete_records(case, &before).await;
    let second = case.consumer("second", "", &[]);
    case.settled(case.produce(READINGS / 2, RATE), seconds(60)).await;
    second.process.stop().await;

    let audit = case.audited(&[]).expect("what Kafka deleted is no fault of the archive");
    for partition in audit["partitions"].as_array().unwrap() {
        let at = before[&partition["partition"].as_i64().unwrap()];
        assert_eq!(partition["lost"], json!([{"from": at, "to": at + CUT}]), "{partition}");
        let rows = partition["stored"].as_i64().unwrap();
        assert_eq!(rows + CUT, partition["position"].as_i64().unwrap(), "{partition}");
    }
    let strict = case.audited(&["--strict"]).unwrap_err().to_string();
    assert!(strict.contains("lost offsets"), "{strict}");
}

fn positions(audit: &Value) -> BTreeMap<i64, i64> {
    let partitions = audit["partitions"].as_array().unwrap();
    let number = |partition: &Value, name: &str| partition[name].as_i64().unwrap();
    partitions.iter().map(|it| (number(it, "partition"), number(it, "position"))).collect()
}

/// Deletes the next offsets after `positions`, as retention does.
async fn delete_records(case: &Case<'_>, positions: &BTreeMap<i64, i64>) {
    let mut before = TopicPartitionList::new();
    for (partition, position) in positions {
        let partition = i32::try_from(*partition).unwrap();
        before.add_partition_offset(&case.name, partition, Offset::Offset(position + CUT)).unwrap();
    }
    let admin: AdminClient<DefaultClientContext> = ClientConfig::new()
        .set("bootstrap.servers", case.cluster.services.bootstrap_servers())
        .create()
        .unwrap();
    admin.delete_records(&before, &AdminOptions::new()).await.unwrap();
}

/// A committed transaction, one that is aborted, another that is committed, and a message outside:
/// the marks and what was aborted are no messages, and no holes.
async fn read_transactions(case: &Case<'_>) {
    let consumer = case.consumer("it", "", &[]);
    consumer.ready(case).await;
    let (broker, topic) = (case.cluster.services.bootstrap_servers(), case.name.clone());
    tokio::task::spawn_blocking(move || transact(&broker, &topic)).await.unwrap();
    case.archived(seconds(60)).await;
    consumer.process.stop().await;
    let audit = case.audited(&["--kafka"]).unwrap();
    let found = &audit["partitions"][0];
    let counted = ["stored", "no_message", "position"].map(|name| found[name].as_i64().unwrap());
    assert_eq!(counted, [2 * TOGETHER + 1, TOGETHER + 3, 3 * TOGETHER + 4], "{found}");
}

fn transact(broker: &str, topic: &str) {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", broker);
    let plain: BaseProducer = config.create().unwrap();
    let producer: BaseProducer = config.set("transactional.id", topic).create().unwrap();
    let wait = seconds(30);
    producer.init_transactions(wait).unwrap();
    let send = |producer: &BaseProducer, sequence: i64| {
        let reading = json!({"patient_id": "p-1", "timestamp": 1_763_812_800_000_i64 + sequence,
            "spo2": 97, "sequence": sequence});
        let payload = reading.to_string();
        let record: BaseRecord<'_, str, str> =
            BaseRecord::to(topic).partition(0).key("p-1").payload(&payload);
        producer.send(record).map_err(|(error, _)| error).unwrap();
    };
    for round in 0..3 {
        producer.begin_transaction().unwrap();
        (0..TOGETHER).for_each(|message| send(&producer, round * TOGETHER + message));
        producer.flush(wait).unwrap();
        match round {
            1 => producer.abort_transaction(wait).unwrap(),
            _ => producer.commit_transaction(wait).unwrap(),
        }
    }
    // The broker writes the last mark behind its answer.
    std::thread::sleep(seconds(2));
    send(&plain, 3 * TOGETHER);
    plain.flush(wait).unwrap();
}
