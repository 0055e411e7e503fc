use axum::{Router, body::Bytes, routing::post};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::runtime::http::serve_on;

/// A server that answers with the length of what it gets, and what ends it.
async fn server(
    patience: Duration,
) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/", post(async |body: Bytes| body.len().to_string()));
    let shutdown = CancellationToken::new();
    let serving = serve_on(BusyPoll::new(listener, patience), router, shutdown.clone());
    let server = tokio::spawn(async move { serving.await.unwrap() });
    (address, shutdown, server)
}

async fn ask(client: &mut TcpStream, length: usize) -> String {
    let head = format!("POST / HTTP/1.1\r\nhost: test\r\ncontent-length: {length}\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    client.write_all(&vec![b'x'; length]).await.unwrap();
    let mut answer = String::new();
    let mut piece = [0; 512];
    loop {
        let read = client.read(&mut piece).await.unwrap();
        assert!(read > 0, "closed after {answer:?}");
        answer.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        match answer.split_once("\r\n\r\n") {
            Some((_, body)) if !body.is_empty() => return body.to_owned(),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_of_any_length_come_in_one_by_one() {
    for patience in [Duration::ZERO, Duration::from_micros(50), Duration::from_secs(5)] {
        let (address, shutdown, server) = server(patience).await;
        let mut clients = Vec::new();
        for _ in 0..3 {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        for length in [1, PIECE - 100, PIECE, PIECE + 1, 100_000, 0] {
            for client in &mut clients {
                assert_eq!(ask(client, length).await, length.to_string(), "{patience:?}");
            }
        }
        drop(clients);
        shutdown.cancel();
        tokio::time::timeout(Duration::from_secs(2), server).await.expect("it ends").unwrap();
    }
}
