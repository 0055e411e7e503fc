//! Malformed batches while all of the memory for requests is taken: shed, and nothing else fails.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use crate::{
    client::{Server, example, settings},
    fuzz::mutate,
    limits::EndlessRequest,
};

/// Rows of a batch: more than a request without a reservation has.
const ROWS: usize = 100;

/// Requests that must be shed, of each path.
const SHED: usize = 50;

/// Sends mutated batches until `SHED` of them were shed. Counts the statuses.
async fn batter(server: &Server, path: &str, batch: &[u8]) -> BTreeMap<u16, usize> {
    let started = Instant::now();
    let mut counts = BTreeMap::new();
    let mut number = 0;
    while counts.get(&503).is_none_or(|count| *count < SHED) {
        assert!(started.elapsed() < Duration::from_secs(120), "{path}: {counts:?}");
        let mut body = batch.to_vec();
        mutate(&mut ChaCha8Rng::seed_from_u64(number), &mut body);
        number += 1;
        let response = server.client().post(server.url(path)).body(body).send().await.unwrap();
        let status = response.status().as_u16();
        if status == 503 {
            assert_eq!(response.headers()["retry-after"], "1", "{path}");
        }
        // A body is read to its end, so that the connection can be used again.
        response.bytes().await.unwrap();
        *counts.entry(status).or_insert(0) += 1;
    }
    counts
}

async fn send(server: &Server, path: &str, body: String) -> u16 {
    let request = server.client().post(server.url(path)).body(body);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_batches_beyond_the_memory_are_shed_and_cause_no_other_failure() {
    let mut settings = settings();
    settings.model_server.max_memory_bytes = 1 << 20;
    settings.model_server.max_body_bytes = 1 << 20;
    let server = Server::start_with(settings).await;
    let batch = json!(vec![example(); ROWS]).to_string();
    let row = json!([0.0, 137.0, 40.0, 35.0, 168.0, 43.1, 2.288, 33.0]);
    let input = json!({"name": "features", "shape": [ROWS, 8], "datatype": "FP64", "data": vec![row; ROWS]});
    let infer = json!({"inputs": [input]}).to_string();

    let infer_path = "/v2/models/spline/infer";
    // Neither is shed while the memory is free.
    assert_eq!(server.post(batch.clone(), "application/json").await.status(), 200);
    assert_eq!(send(&server, infer_path, infer.clone()).await, 200);

    let endless = EndlessRequest::start(&server).await;
    let (predicted, inferred) = tokio::join!(
        batter(&server, "/predict", batch.as_bytes()),
        batter(&server, infer_path, infer.as_bytes()),
    );
    for counts in [predicted, inferred] {
        assert!(counts.keys().all(|status| *status < 500 || *status == 503), "{counts:?}");
    }
    // Single requests need no reservation, and the memory comes back.
    assert_eq!(server.predict(&example()).await.0, 200);
    assert_eq!(endless.end().await, 400);
    assert_eq!(server.post(batch, "application/json").await.status(), 200);
    assert_eq!(send(&server, infer_path, infer).await, 200);
    server.stop().await;
}
