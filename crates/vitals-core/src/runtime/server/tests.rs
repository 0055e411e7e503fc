use std::time::{Duration, Instant};

use axum::{
    Router,
    body::Bytes,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::serve;
use crate::runtime::config::HttpSettings;

/// Far above every time that the tests wait for on purpose.
const LIMIT: Duration = Duration::from_secs(20);

struct Server {
    address: std::net::SocketAddr,
    shutdown: CancellationToken,
    task: JoinHandle<anyhow::Result<()>>,
}

impl Server {
    async fn start(settings: HttpSettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .route("/", get(|| async { "alive" }))
            .route("/slow", get(|| async { tokio::time::sleep(Duration::from_secs(2)).await }))
            .route("/large", get(|| async { vec![b'x'; 64 << 20] }))
            .route("/upload", post(|body: Bytes| async move { body.len().to_string() }))
            .layer(DefaultBodyLimit::max(1 << 20));
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(serve(listener, router, settings, shutdown.clone()));
        Self { address, shutdown, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends `request` on a new connection and returns everything that comes back.
    async fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect().await;
        stream.write_all(request).await.unwrap();
        read_to_end(&mut stream).await
    }

    async fn stop(self) -> Duration {
        let start = Instant::now();
        self.shutdown.cancel();
        timeout(LIMIT, self.task).await.unwrap().unwrap().unwrap();
        start.elapsed()
    }
}

async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    timeout(LIMIT, stream.read_to_end(&mut response)).await.unwrap().unwrap();
    String::from_utf8_lossy(&response).into_owned()
}

/// Whether the server closes `stream` within `LIMIT`.
async fn closes(stream: &mut TcpStream) -> bool {
    let mut byte = [0; 1];
    matches!(timeout(LIMIT, stream.read(&mut byte)).await, Ok(Ok(0) | Err(_)))
}

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

fn settings() -> HttpSettings {
    HttpSettings { shutdown_timeout_ms: 300, ..HttpSettings::default() }
}

#[tokio::test]
async fn a_half_sent_head_times_out() {
    let server = Server::start(HttpSettings { idle_timeout_ms: 200, ..settings() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /upload HTTP/1.1\r\nHo").await.unwrap();
    assert!(closes(&mut stream).await);
    let mut silent = server.connect().await;
    assert!(closes(&mut silent).await);
}

/// It would keep its place among the requests in flight, of which there is one here.
#[tokio::test]
async fn a_body_that_stalls_times_out() {
    // Long enough for the next request, which has to arrive within it, on a busy machine.
    let limits = HttpSettings { idle_timeout_ms: 1500, max_requests_in_flight: 1, ..settings() };
    let server = Server::start(limits).await;
    for expect in ["", "Expect: 100-continue\r\n"] {
        let mut stream = server.connect().await;
        let head = format!(
            "POST /upload HTTP/1.1\r\nHost: localhost\r\n{expect}Content-Length: 10\r\n\r\nx"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let response = read_to_end(&mut stream).await;
        assert!(response.contains("HTTP/1.1 400"), "{response}");
        let next = server.exchange(GET).await;
        assert!(next.starts_with("HTTP/1.1 200"), "{next}");
    }
}

/// A byte now and then would keep the place for as long as the client likes.
#[tokio::test]
async fn a_body_that_trickles_times_out() {
    let server = Server::start(HttpSettings { idle_timeout_ms: 1000, ..settings() }).await;
    let mut stream = server.connect().await;
    let head = "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let trickle = async {
        while writer.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    // The end of the connection may be a reset: bytes that nobody reads are on their way.
    let mut status = [0; 12];
    tokio::select! {
        () = trickle => panic!("no response"),
        read = timeout(LIMIT, reader.read_exact(&mut status)) => {
            read.expect("the server waits for ever").unwrap();
        }
    }
    assert_eq!(&status, b"HTTP/1.1 400");
}

#[tokio::test]
async fn silent_connections_lock_nobody_out() {
    let server = Server::start(HttpSettings { max_connections: 8, ..settings() }).await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(server.connect().await);
    }
    let response = server.exchange(GET).await;
    assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    assert!(closes(&mut silent[0]).await, "the longest-idle connection stays open");
}

#[tokio::test]
async fn a_connection_with_a_request_in_flight_is_not_evicted() {
    let server = Server::start(HttpSettings { max_connections: 2, ..settings() }).await;
    let mut busy = server.connect().await;
    let request = b"GET /slow HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    busy.write_all(request).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    for _ in 0..5 {
        let response = server.exchange(GET).await;
        assert!(response.starts_with("HTTP/1.1 200"), "{response}");
    }
    assert!(read_to_end(&mut busy).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn requests_above_the_limit_are_shed() {
    let server = Server::start(HttpSettings { max_requests_in_flight: 1, ..settings() }).await;
    let mut slow = server.connect().await;
    slow.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    let response = server.exchange(GET).await;
    assert!(response.starts_with("HTTP/1.1 503"), "{response}");
    assert!(response.to_ascii_lowercase().contains("retry-after: 1"), "{response}");
}

#[tokio::test]
async fn a_shutdown_ends_although_a_head_is_half_sent() {
    let server = Server::start(settings()).await;
    let mut stream = server.connect().await;
    stream.write_all(b"POST /upload HTTP/1.1\r\nHo").await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(server.stop().await < Duration::from_secs(5));
}

#[tokio::test]
async fn a_shutdown_lets_a_request_in_flight_finish() {
    let settings = HttpSettings { shutdown_timeout_ms: 10_000, ..settings() };
    let server = Server::start(settings).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    server.stop().await;
    assert!(read_to_end(&mut stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_client_that_stops_reading_is_closed() {
    let server = Server::start(HttpSettings { write_timeout_ms: 500, ..settings() }).await;
    let mut stream = server.connect().await;
    stream.write_all(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    // The kernel notices a closed window only while it probes it.
    tokio::time::sleep(Duration::from_secs(4)).await;
    let mut received = 0;
    let mut chunk = vec![0; 1 << 20];
    while let Ok(Ok(count @ 1..)) = timeout(LIMIT, stream.read(&mut chunk)).await {
        received += count;
    }
    assert!(received < 64 << 20, "the whole response arrived");
}

#[tokio::test]
async fn a_refused_body_is_drained_so_that_the_response_arrives() {
    let server = Server::start(settings()).await;
    let mut stream = server.connect().await;
    let body = vec![b'x'; 9 << 20];
    let head = format!(
        "POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The whole body before the first look at the response, as many clients do.
    timeout(LIMIT, stream.write_all(&body)).await.unwrap().unwrap();
    let response = read_to_end(&mut stream).await;
    assert!(response.starts_with("HTTP/1.1 413"), "{response}");
}

#[tokio::test]
async fn a_drain_has_a_limit() {
    let server = Server::start(HttpSettings { max_drain_bytes: 1 << 20, ..settings() }).await;
    let mut stream = server.connect().await;
    let head = "POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1099511627776\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = vec![b'x'; 1 << 20];
    let sent = async { while stream.write_all(&chunk).await.is_ok() {} };
    timeout(LIMIT, sent).await.expect("the body is read without end");
}

#[tokio::test]
async fn another_host_is_refused() {
    let server = Server::start(settings()).await;
    let request = b"GET / HTTP/1.1\r\nHost: rebound.example:8080\r\nConnection: close\r\n\r\n";
    let response = server.exchange(request).await;
    assert!(response.starts_with("HTTP/1.1 421"), "{response}");
    assert!(response.contains("http.allowed_hosts"), "{response}");
}
