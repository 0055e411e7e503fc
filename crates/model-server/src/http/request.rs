//! The common steps of a prediction request: id and time, the body with its limits, and the
//! blocking pool.

use std::time::{Duration, Instant};

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use http_body_util::LengthLimitError;
use rand::Rng as _;
use uuid::Uuid;
use vitals_core::runtime::{clock::now_ms, problem::Problem};

/// Time within which a client has to send its body.
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Size from which a body is handled on the blocking pool, where it does not delay other
/// connections.
pub(super) const LARGE_BODY_BYTES: usize = 256 * 1024;

/// The id of a request and the time it arrived.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestContext {
    pub(super) id: Uuid,
    pub(super) started: Instant,
}

impl RequestContext {
    /// The context of a request that arrives now.
    pub(super) fn start() -> Self {
        Self { started: Instant::now(), id: request_id() }
    }
}

/// A UUID of version 7: ordered by time, random within the millisecond.
fn request_id() -> Uuid {
    let millis = u64::try_from(now_ms()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &rand::rng().random()).into_uuid()
}

/// Reads a JSON body.
///
/// # Errors
/// The problem to respond with: 413 too large, 415 a content type other than JSON, 408 too slow,
/// 400 ended early. An announced length or type is rejected before the body is read.
pub(super) async fn read_json(request: Request, max_bytes: usize) -> Result<Bytes, Problem> {
    check_content_type(request.headers())?;
    read_bytes(request, max_bytes).await
}

/// Reads a body of any content type.
///
/// # Errors
/// As [`read_json`], except for the content type.
pub(super) async fn read_bytes(request: Request, max_bytes: usize) -> Result<Bytes, Problem> {
    check_content_length(request.headers(), max_bytes)?;
    let body = to_bytes(request.into_body(), max_bytes);
    match tokio::time::timeout(BODY_READ_TIMEOUT, body).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(too_large(max_bytes)),
        Ok(Err(_)) => Err(Problem::new(StatusCode::BAD_REQUEST)
            .detail("the connection closed before the end of the body")),
        Err(_) => {
            let seconds = BODY_READ_TIMEOUT.as_secs();
            Err(Problem::new(StatusCode::REQUEST_TIMEOUT)
                .detail(format!("the body did not arrive within {seconds} s")))
        }
    }
}

/// Runs CPU-heavy work on the blocking pool.
///
/// # Errors
/// 500 if the work panicked.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "request failed: its task on the blocking pool panicked");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>)
}

/// Rejects a body by its announced length, before it is read.
fn check_content_length(headers: &HeaderMap, max_bytes: usize) -> Result<(), Problem> {
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok())
        .and_then(|length| length.parse::<u64>().ok());
    match announced {
        Some(length) if length > max_bytes as u64 => Err(too_large(max_bytes)),
        _ => Ok(()),
    }
}

fn too_large(max_bytes: usize) -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE)
        .detail(format!("the body exceeds the limit of {max_bytes} bytes"))
}

/// Accepts JSON under any of its names, and a missing content type. `curl -d` sends every body as a
/// form by default, so that type is accepted too; a body that is not JSON fails to parse later.
fn check_content_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(header) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    // The common case, without parsing or allocation.
    if header == "application/json" {
        return Ok(());
    }
    let text = header.to_str().unwrap_or_default();
    // The essence of a media type is the part in front of its parameters, in lower case.
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let accepted = match essence.as_str() {
        "" | "application/json" | "text/json" | "application/x-www-form-urlencoded" => true,
        other => other.ends_with("+json"),
    };
    if accepted {
        return Ok(());
    }
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE)
        .detail("send application/json, or no content type"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn json_under_any_name_is_accepted() {
        for (name, accepted) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("application/problem+json", true),
            ("application/x-www-form-urlencoded", true),
            ("text/plain", false),
            ("application/xml", false),
            ("multipart/form-data; boundary=json", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(name));
            assert_eq!(check_content_type(&headers).is_ok(), accepted, "{name}");
        }
        assert!(check_content_type(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn an_announced_length_above_the_limit_is_rejected() {
        for (length, accepted) in
            [("100", true), ("101", false), ("18446744073709551615", false), ("nonsense", true)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static(length));
            assert_eq!(check_content_length(&headers, 100).is_ok(), accepted, "{length}");
        }
    }

    #[test]
    fn request_ids_are_unique_uuids_of_version_7() {
        let first = request_id();
        let second = request_id();
        assert_eq!(first.get_version_num(), 7);
        assert_ne!(first, second);
        let (seconds, _) = first.get_timestamp().unwrap().to_unix();
        assert!((now_ms() / 1000 - i64::try_from(seconds).unwrap()).abs() < 5);
    }
}
