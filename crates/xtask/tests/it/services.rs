//! An instance of Kafka and HDFS: started, crashed, restarted, stopped.

use xtask::services::{Lifetime, Ports, Services};

use crate::support::cluster::empty_folder;

#[tokio::test]
#[ignore = "needs Java and Maven; run by cargo xtask test"]
async fn data_survives_a_crash_of_every_server() {
    let dir = empty_folder("services");
    let ports = Ports::free().unwrap();
    let services = Services::start(&dir, ports.clone(), Lifetime::Bound).await.unwrap();
    let pids = services.servers().map(|server| server.running().unwrap().pid);

    let again = Services::start(&dir, ports.clone(), Lifetime::Bound).await.unwrap();
    assert_eq!(again.servers().map(|server| server.running().unwrap().pid), pids, "started twice");
    let elsewhere = Services::start(&dir, Ports::free().unwrap(), Lifetime::Bound).await;
    let error = elsewhere.unwrap_err().to_string();
    assert!(error.contains("already runs"), "{error}");

    for server in services.servers() {
        assert!(server.kill().await.unwrap());
        assert!(server.running().is_none());
    }
    let ready = services.ready().await.unwrap();
    assert!(!ready.kafka && !ready.hdfs, "{ready:?}");

    let restarted = Services::start(&dir, ports, Lifetime::Bound).await.unwrap();
    let topics = [("vitals", 6)];
    let broker = restarted.bootstrap_servers();
    let created = xtask::services::kafka::create_topics(&broker, &topics).await.unwrap();
    assert!(created.is_empty(), "the topic did not survive the crash");
    let stopped = restarted.stop().await.unwrap();
    assert_eq!(stopped, ["kafka", "datanode", "namenode"]);
    assert!(!restarted.is_any_running());
    assert!(restarted.stop().await.unwrap().is_empty());
}
