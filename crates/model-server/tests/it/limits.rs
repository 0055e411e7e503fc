//! The limits of request bodies: encodings and memory.

use std::{
    io::{self, Write as _},
    time::{Duration, Instant},
};

use flate2::{
    Compression,
    write::{GzEncoder, ZlibEncoder},
};
use reqwest::{Body, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::client::{Server, example, settings};

async fn post_encoded(server: &Server, encoding: &str, body: Vec<u8>) -> Response {
    let request = server.client().post(server.url("/predict")).header("content-encoding", encoding);
    request.body(body).send().await.unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_compressed_body_is_predicted_or_refused_by_its_encoding() {
    let server = Server::start().await;
    let json = example().to_string().into_bytes();
    for (encoding, body) in
        [("gzip", gzip(&json)), ("deflate", deflate(&json)), ("identity", json.clone())]
    {
        let response = post_encoded(&server, encoding, body).await;
        assert_eq!(response.status(), StatusCode::OK, "{encoding}");
        assert!(response.json::<Value>().await.unwrap()["probability"].is_f64());
    }
    let refused = post_encoded(&server, "zstd", json.clone()).await;
    assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(refused.headers()["accept-encoding"], "gzip, deflate, identity");
    assert_eq!(post_encoded(&server, "gzip", json.clone()).await.status(), StatusCode::BAD_REQUEST);
    // Empty, cut off, followed by other bytes, compressed twice, several encodings.
    let compressed = gzip(&json);
    let cut = compressed[..compressed.len() - 4].to_vec();
    let followed = [compressed.as_slice(), b"more"].concat();
    for body in [vec![], cut, followed, gzip(&compressed)] {
        let status = post_encoded(&server, "gzip", body).await.status();
        assert_eq!(status, StatusCode::BAD_REQUEST);
    }
    let several = post_encoded(&server, "gzip, gzip", gzip(&compressed)).await;
    assert_eq!(several.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    // Members in a row are one body.
    let (head, tail) = json.split_at(20);
    let members = [gzip(head), gzip(tail)].concat();
    assert_eq!(post_encoded(&server, "gzip", members).await.status(), StatusCode::OK);
    // 64 MiB of blanks in 64 kB; the limit is that of the decompressed body.
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert_eq!(post_encoded(&server, "gzip", bomb).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    server.stop().await;
}

#[tokio::test]
async fn the_body_of_a_change_has_the_same_encodings_and_limits() {
    let server = Server::start().await;
    let active = server.get_json("/health").await;
    let shadow = json!({"name": active["model"], "version": active["model_version"]}).to_string();
    let put = async |encoding: &str, body: Vec<u8>| {
        let request = server.client().put(server.url("/shadow"));
        request.header("content-encoding", encoding).body(body).send().await.unwrap()
    };
    assert_eq!(put("gzip", gzip(shadow.as_bytes())).await.status(), StatusCode::OK);
    let refused = put("br", shadow.into_bytes()).await;
    assert_eq!(refused.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(refused.headers()["accept-encoding"], "gzip, deflate, identity");
    for body in [gzip(&vec![b' '; 1 << 20]), gzip(b"{}"), b"{}".to_vec()] {
        let refused = put("gzip", body).await;
        assert!(refused.status().is_client_error());
        assert_eq!(refused.headers()["content-type"], "application/problem+json");
    }
    let long = put("identity", vec![b' '; 3 << 20]).await;
    assert_eq!(long.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(long.headers()["content-type"], "application/problem+json");
    server.stop().await;
}

/// A request with a body of unknown length that does not end: it holds the memory of the longest one.
pub(crate) struct EndlessRequest {
    sender: mpsc::Sender<io::Result<Vec<u8>>>,
    response: JoinHandle<reqwest::Result<Response>>,
}

impl EndlessRequest {
    /// Returns when the request holds the memory, so that any batch is shed.
    pub(crate) async fn start(server: &Server) -> Self {
        let started = Instant::now();
        let batch = json!(vec![example(); 100]).to_string();
        let mut endless = Self::send(server).await;
        while server.post(batch.clone(), "application/json").await.status() == StatusCode::OK {
            assert!(started.elapsed() < Duration::from_secs(60), "the memory was not taken");
            // The batch came first, and the other request was shed.
            if endless.response.is_finished() {
                endless = Self::send(server).await;
            }
        }
        endless
    }

    async fn send(server: &Server) -> Self {
        let (sender, receiver) = mpsc::channel(1);
        let stream = futures::stream::unfold(receiver, async |mut receiver| {
            receiver.recv().await.map(|chunk| (chunk, receiver))
        });
        let request = server.client().post(server.url("/predict")).body(Body::wrap_stream(stream));
        let response = tokio::spawn(request.send());
        sender.send(Ok(b"[".to_vec())).await.unwrap();
        Self { sender, response }
    }

    /// Ends the body after its first byte. Returns the status of the response.
    pub(crate) async fn end(self) -> StatusCode {
        drop(self.sender);
        self.response.await.unwrap().unwrap().status()
    }
}

#[tokio::test]
async fn a_batch_beyond_the_memory_is_shed_and_a_single_request_is_not() {
    let mut settings = settings();
    settings.model_server.max_memory_bytes = 1 << 20;
    settings.model_server.max_body_bytes = 1 << 20;
    let server = Server::start_with(settings).await;
    let batch = json!(vec![example(); 100]);
    assert_eq!(server.predict(&batch).await.0, StatusCode::OK);
    let endless = EndlessRequest::start(&server).await;

    let shed = server.post(batch.to_string(), "application/json").await;
    assert_eq!(shed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(shed.headers()["retry-after"], "1");
    assert_eq!(server.predict(&example()).await.0, StatusCode::OK);
    assert_eq!(endless.end().await, StatusCode::BAD_REQUEST);
    assert_eq!(server.predict(&batch).await.0, StatusCode::OK);
    server.stop().await;
}
