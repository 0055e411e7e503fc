//! The command `healthcheck` of every service: a probe for containers without a shell and curl.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, ensure};

use super::{config::Settings, service::CommonArgs};

/// Timeout of each step: connect, write, read.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Requests `/health` from the service that listens on `address` of the settings on this host. The
/// exit code is non-zero unless it responds with 200; standard error has the reason.
#[expect(clippy::print_stderr, reason = "the container engine records standard error")]
pub fn run(args: &CommonArgs, address: fn(&Settings) -> SocketAddr) -> ExitCode {
    let settings = Settings::load(&args.config).map_err(anyhow::Error::new);
    match settings.and_then(|settings| probe(address(&settings))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Requests `/health` from `address`; a wildcard address is reached over loopback.
fn probe(mut address: SocketAddr) -> anyhow::Result<()> {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        });
    }
    let mut stream = TcpStream::connect_timeout(&address, TIMEOUT)
        .with_context(|| format!("can't connect to {address}"))?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).context("can't send the request")?;
    // The status line is all that counts.
    let mut status = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut status).context("no response")?;
    let status = String::from_utf8_lossy(&status);
    ensure!(status == "HTTP/1.1 200", "{address}/health responds {status}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Serves one connection with `response` and returns the probe's outcome.
    fn probe_of(response: &'static str) -> anyhow::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let read = stream.read(&mut request).unwrap();
            stream.write_all(response.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        // The wildcard address of a container's settings.
        let outcome = probe(SocketAddr::from((Ipv4Addr::UNSPECIFIED, port)));
        let request = server.join().unwrap();
        assert!(request.starts_with("GET /health HTTP/1.1\r\nHost: 127.0.0.1:"), "{request}");
        outcome
    }

    #[test]
    fn only_a_response_with_200_is_healthy() {
        probe_of("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
        let error = probe_of("HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap_err();
        assert!(error.to_string().ends_with("/health responds HTTP/1.1 503"), "{error}");
        assert!(probe_of("HTTP/1.1").is_err());
    }

    #[test]
    fn a_service_that_does_not_listen_is_unhealthy() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = probe(address).unwrap_err();
        assert!(error.to_string().contains("can't connect"), "{error}");
    }
}
