//! `GET /api/pipeline` with fake services.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use axum::{Json, Router, http::StatusCode, routing::get};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{Dashboard, broker, wait_until};

/// A fake consumer: its readiness can be changed, and its counter rises with every request.
#[derive(Default)]
struct Fake {
    unready: AtomicBool,
    consumed: AtomicU64,
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
    url
}

async fn consumer(fake: Arc<Fake>) -> String {
    let counting = Arc::clone(&fake);
    let ready = move || {
        let unready = fake.unready.load(Ordering::Relaxed);
        async move {
            let (status, reasons) = if unready {
                (StatusCode::SERVICE_UNAVAILABLE, vec!["lake: no response"])
            } else {
                (StatusCode::OK, vec![])
            };
            (status, Json(json!({"status": "x", "reasons": reasons})))
        }
    };
    let metrics = move || {
        let consumed = counting.consumed.fetch_add(500, Ordering::Relaxed);
        async move {
            format!(
                "vitals_archive_consumed_total{{topic=\"vitals\"}} {consumed}\n\
                 vitals_archive_consumed_total{{topic=\"predictions\"}} 0\n"
            )
        }
    };
    let status = json!({
        "topics": [{
            "topic": "vitals", "table": "vitals", "missing": [], "lake": {"answers": true},
            "spool": {"batches": 2, "bytes": 4096, "oldest_s": 31, "quarantined": 0, "full": false,
                "retention_left_minutes": 90},
            "commit": {"age_s": 3, "took_ms": 117, "batch_age_ms": 5179, "rows": 133},
            "rejected": {"not_json": 2},
            "partitions": [
                {"partition": 0, "phase": "reading", "log": "c", "position": 10,
                    "high_watermark": 17, "lag": 7, "rate_per_s": 5.6},
                {"partition": 1, "phase": "stopped", "reason": "the log was recreated", "log": "c",
                    "position": 4, "high_watermark": null, "lag": null, "rate_per_s": 0.0},
            ],
        }],
        "storage": {"capacity_bytes": 1000, "used_bytes": 400, "remaining_bytes": 600,
            "lake_bytes": 300, "lake_files": 5, "safe_mode": null, "age_s": 6, "error": null},
    });
    let router = Router::new()
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .route("/status", get(|| async { Json(status) }));
    serve(router).await
}

fn figure<'a>(pipeline: &'a Value, name: &str) -> Option<&'a Value> {
    let trends = pipeline["trends"].as_array()?;
    trends.iter().find(|trend| trend["figure"] == name)?["values"].as_array()?.last()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pipeline_is_that_of_the_services() {
    let fake = Arc::new(Fake::default());
    let url = consumer(Arc::clone(&fake)).await;
    // Something else responds there, and nothing at the model server's address.
    let other = serve(Router::new().route("/ready", get(|| async { "<html>" }))).await;
    let broker = broker();
    let dashboard = Dashboard::start_with(&broker.bootstrap_servers(), |settings| {
        settings.dashboard.consumer_urls = format!("{url}/");
        settings.dashboard.producer_urls = other.clone();
    })
    .await;
    dashboard.wait_ready().await;
    let pipeline = async || dashboard.json("/api/pipeline").await;

    // The first responses.
    wait_until("the services are polled", async || pipeline().await["services"] != json!([])).await;
    let first = pipeline().await;
    let services = first["services"].as_array().unwrap();
    let state = |name: &str| {
        let one = services.iter().find(|one| one["service"] == name).unwrap();
        (one["health"].as_str().unwrap(), one["ready"].as_bool().unwrap(), one["reasons"].clone())
    };
    assert_eq!(state("consumer"), ("up", true, json!([])));
    let (health, ready, reasons) = state("producer");
    assert!(reasons[0].as_str().unwrap().starts_with("unexpected response"), "{reasons}");
    assert_eq!((health, ready), ("down", false));
    assert_eq!(state("model-server").0, "down");
    insta::assert_json_snapshot!(first["archives"], {"[].url" => "[url]"});
    assert_eq!(figure(&first, "lag"), Some(&json!(7.0)));
    assert_eq!(figure(&first, "lake_delay"), Some(&json!(5179.0)));

    // The next ones: rates, and a service that is no longer ready.
    fake.unready.store(true, Ordering::Relaxed);
    wait_until("the consumer is not ready", async || {
        pipeline().await["services"][1]["reasons"] == json!(["lake: no response"])
    })
    .await;
    let next = pipeline().await;
    assert_eq!(next["services"][1]["health"], "up");
    let rate = figure(&next, "archived").unwrap().as_f64().unwrap();
    assert!(rate > 0.0 && rate <= 500.0, "{rate}");
    dashboard.stop().await;
}
