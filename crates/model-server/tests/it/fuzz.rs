//! Malformed requests on a real connection: HTTP, JSON, and the JSON and binary tensors of the Open
//! Inference Protocol. Deterministic; `VITALS_FUZZ_REQUESTS` sets their number.

use std::{
    panic,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::client::{Server, example};

const DEFAULT_REQUESTS: u64 = 2_000;

/// Requests after which the caches and buffers have their size.
const WARM_UP_SHARE: u64 = 5;

/// Growth of the resident memory after the warm-up, KiB.
const MAX_GROWTH_KIB: u64 = 32 * 1024;

/// Text that parsers often get wrong.
const TOKENS: [&str; 24] = [
    "null",
    "1e999",
    "-0",
    "18446744073709551616",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\u0000",
    "\\ud800",
    "FP16",
    "INT8",
    "features",
    "glucose",
    "contributions",
    ":",
    ",",
    "\u{feff}",
    "\r\n",
    "\0",
    "true",
    "0.1",
    "[[[[[[[[",
];

/// Panics of this process. A handler's panic only closes its connection.
static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Changes one to four places.
pub(crate) fn mutate(random: &mut ChaCha8Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.random_range(1..5) {
        let at = random.random_range(0..=bytes.len());
        let end = (at + random.random_range(0..12)).min(bytes.len());
        match random.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] = random.random(),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let repeated = bytes[at..end].repeat(random.random_range(1..4));
                bytes.splice(at..at, repeated);
            }
            3 => bytes.truncate(at),
            _ => {
                let token = TOKENS[random.random_range(0..TOKENS.len())];
                bytes.splice(at..end, token.bytes());
            }
        }
    }
}

const ROW: [f64; 8] = [0.0, 137.0, 40.0, 35.0, 168.0, 43.1, 2.288, 33.0];

fn infer_json(random: &mut ChaCha8Rng) -> Value {
    let datatypes = ["FP64", "FP32", "INT64", "UINT8", "FP16", "BYTES"];
    let datatype = datatypes[random.random_range(0..datatypes.len())];
    let input = json!({"name": "features", "shape": [1, 8], "datatype": datatype, "data": ROW,
        "parameters": null});
    json!({"id": "7", "parameters": {"explain": true}, "inputs": [input],
        "outputs": [{"name": "probability"}, {"name": "contributions"}]})
}

/// JSON with a binary tensor, and the announced length of the JSON.
fn infer_binary(random: &mut ChaCha8Rng) -> (Vec<u8>, String) {
    let input = json!({"name": "features", "shape": [2, 8], "datatype": "FP64",
        "parameters": {"binary_data_size": 128}});
    let mut body = json!({"inputs": [input], "parameters": {"binary_data_output": true}})
        .to_string()
        .into_bytes();
    let length = body.len();
    body.extend(ROW.iter().chain(&ROW).flat_map(|value| value.to_le_bytes()));
    mutate(random, &mut body);
    let length = match random.random_range(0..4) {
        0 => random.random_range(0..2 * length).to_string(),
        1 => "-1".to_owned(),
        _ => length.to_string(),
    };
    (body, length)
}

/// A request head and body as bytes; the client closes its side afterwards.
fn http(random: &mut ChaCha8Rng) -> Vec<u8> {
    let paths = ["/predict", "/explain?confidence=0.9", "/v2/models/spline/infer", "/v2/%ff", "/"];
    let path = paths[random.random_range(0..paths.len())];
    let body = example().to_string();
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes();
    mutate(random, &mut request);
    request
}

/// Sends bytes and reads the response to its end. Returns its status, if it has one.
async fn send_raw(server: &Server, bytes: &[u8]) -> Option<u16> {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    // The server may refuse the head and close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut response = Vec::new();
    let read = stream.read_to_end(&mut response);
    let read = tokio::time::timeout(Duration::from_secs(60), read).await;
    assert!(read.is_ok(), "no end of the response to {}", String::from_utf8_lossy(bytes));
    let text = String::from_utf8_lossy(&response);
    text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()
}

async fn send(server: &Server, path: &str, body: Vec<u8>, json_length: Option<String>) -> u16 {
    let mut request = server.client().post(server.url(path)).body(body);
    if let Some(length) = json_length {
        request = request.header("inference-header-content-length", length);
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    if path.starts_with("/v2") && status != 200 {
        let error: Value = serde_json::from_slice(&body).unwrap();
        assert!(error["error"].is_string(), "{error}");
    }
    status
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_requests_are_answered_without_a_failure() {
    let requests = std::env::var("VITALS_FUZZ_REQUESTS").ok();
    let requests = requests.map_or(DEFAULT_REQUESTS, |text| text.parse().unwrap());
    let default_hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Relaxed);
        default_hook(info);
    }));
    let server = Server::start().await;
    let infer = "/v2/models/spline/infer";
    let mut counts = [0_u64; 6];
    let mut warm_kib = 0;
    for number in 0..requests {
        if number == requests / WARM_UP_SHARE {
            warm_kib = resident_kib();
        }
        let random = &mut ChaCha8Rng::seed_from_u64(number);
        let status = match number % 4 {
            0 => send_raw(&server, &http(random)).await,
            1 => {
                let mut body = example().to_string().into_bytes();
                mutate(random, &mut body);
                Some(send(&server, "/predict", body, None).await)
            }
            2 => {
                let mut body = infer_json(random).to_string().into_bytes();
                mutate(random, &mut body);
                Some(send(&server, infer, body, None).await)
            }
            _ => {
                let (body, length) = infer_binary(random);
                Some(send(&server, infer, body, Some(length)).await)
            }
        };
        let Some(status) = status else { continue };
        assert!(status < 500 || status == 503, "request {number}: {status}");
        counts[usize::from(status / 100)] += 1;
    }
    assert_eq!(PANICS.load(Relaxed), 0);
    // Some mutations leave a request valid; most don't.
    assert!(counts[2] > 0 && counts[4] > requests / 2, "{counts:?}");
    server.get_json("/health").await;
    let growth = resident_kib().saturating_sub(warm_kib);
    eprintln!("responses by class {counts:?}; resident {warm_kib} KiB, grown by {growth} KiB");
    // Other tests share the process of a short run.
    if requests > DEFAULT_REQUESTS {
        assert!(growth < MAX_GROWTH_KIB, "the resident memory grew by {growth} KiB");
    }
    server.stop().await;
}
