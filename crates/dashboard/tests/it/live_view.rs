//! The event stream of `GET /api/live`.

use std::time::Duration;

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{Dashboard, Producer, broker, wait_until};

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_starts_with_a_snapshot_and_continues_with_updates() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    producer.read("p-1", &json!({"heart_rate": 72, "spo2": 97, "ward": "A3", "bed": "12"}));
    wait_until("the patient is on the ward", async || {
        dashboard.json("/api/ward").await["patients"][0]["patient_id"] == "p-1"
    })
    .await;

    let mut events = dashboard.watch("").await;
    assert_eq!(events.response.headers()["content-type"], "text/event-stream");
    assert_eq!(events.response.headers()["x-accel-buffering"], "no");
    assert_eq!(events.response.headers()["cache-control"], "no-store");
    let first = events.next().await.unwrap();
    assert_eq!((first.name.as_str(), first.vital("p-1", "heart_rate")), ("snapshot", Some(72.0)));
    assert_eq!(first.data["trends"]["p-1"][0]["spo2"], 97.0);
    let heartbeat = events.next().await.unwrap();
    assert_eq!(
        (heartbeat.name.as_str(), &heartbeat.data["connected"]),
        ("heartbeat", &json!(true))
    );

    let mut last_id = first.id.unwrap();
    for rate in [73.0, 74.0, 75.0] {
        producer.read("p-1", &json!({"heart_rate": rate}));
        let update = events.find_with(|event| event.vital("p-1", "heart_rate") == Some(rate)).await;
        assert_eq!((update.name.as_str(), update.vital("p-1", "spo2")), ("update", Some(97.0)));
        assert_eq!(update.data["newest_arrival_ms"], update.data["patients"][0]["last_arrival_ms"]);
        assert!(update.id.unwrap() > last_id);
        last_id = update.id.unwrap();
    }
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_can_be_limited_to_one_patient() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let producer = Producer::new(&broker);
    let mut events = dashboard.watch("?patient=p%202").await;
    assert_eq!(events.next().await.unwrap().data["patients"], json!([]));
    for rate in 60..70 {
        producer.read("p 1", &json!({"heart_rate": rate}));
    }
    producer.read("p 2", &json!({"heart_rate": 80}));
    let update = events.find("update").await;
    assert_eq!(update.vital("p 2", "heart_rate"), Some(80.0));
    assert_eq!(update.data["patients"].as_array().unwrap().len(), 1);
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_are_periodic_and_streams_end_on_shutdown() {
    let broker = broker();
    let dashboard = Dashboard::start(&broker).await;
    let mut events = dashboard.watch("").await;
    let mut times = Vec::new();
    while times.len() < 4 {
        times.push(events.find("heartbeat").await.data["server_time_ms"].as_i64().unwrap());
    }
    // The first follows the snapshot, the others are 200 ms apart.
    assert!(times[3] - times[0] >= 500, "{times:?}");
    dashboard.cancel();
    while events.next().await.is_some() {}
    dashboard.stop().await;
}

/// Fills the socket buffers of a browser that does not read, then reads.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_browser_resumes_with_a_snapshot() {
    let broker = broker();
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |settings| {
        settings.dashboard.tick_ms = 10;
    })
    .await;
    dashboard.wait_ready().await;
    let mut events = dashboard.watch("").await;
    assert_eq!(events.next().await.unwrap().name, "snapshot");

    let producer = Producer::new(&broker);
    let skipped = async || {
        let metrics = dashboard.get("/metrics").await.text().await.unwrap();
        let line = metrics.lines().find(|line| line.starts_with("vitals_dashboard_frames_skipped"));
        line.map(ToOwned::to_owned)
    };
    let mut round = 0;
    // Skipped frames are counted only once the browser reads again.
    for _ in 0..150 {
        round += 1;
        for patient in 0..200 {
            let rate = 50 + round % 50;
            let fields = json!({"heart_rate": rate, "spo2": 97, "systolic": 120, "diastolic": 80});
            producer.read(&format!("p-{patient:03}"), &fields);
        }
        producer.flush();
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    let again = events.find("snapshot").await;
    assert_eq!(again.data["patients"].as_array().unwrap().len(), 200);
    let missed = events.find("heartbeat").await.data["skipped"].as_u64().unwrap();
    assert!(missed > 0);
    assert!(skipped().await.is_some());
    dashboard.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_never_reads_does_not_block_shutdown() {
    let broker = broker();
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |settings| {
        settings.dashboard.tick_ms = 10;
    })
    .await;
    dashboard.wait_ready().await;
    let mut stuck = TcpStream::connect(dashboard.address).await.unwrap();
    stuck.write_all(b"GET /api/live HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut start = [0; 64];
    stuck.read_exact(&mut start).await.unwrap();
    assert!(start.starts_with(b"HTTP/1.1 200"));
    let producer = Producer::new(&broker);
    for _ in 0..100 {
        for patient in 0..200 {
            producer.read(&format!("p-{patient:03}"), &json!({"heart_rate": 70}));
        }
        producer.flush();
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    dashboard.stop().await;
    drop(stuck);
}
