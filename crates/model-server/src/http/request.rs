//! A request's body, or why it is refused: before it is read where that can be told.

use std::time::Duration;

use axum::{
    body::{Bytes, to_bytes},
    extract::Request,
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_LENGTH, CONTENT_TYPE},
    },
};
use http_body_util::LengthLimitError;
use vitals_core::runtime::problem::Problem;

/// How long a client may take to send its body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the body.
///
/// # Errors
/// The answer: 413 too large, 415 not JSON by its own account, 408 too slow, 400 broken off.
pub(super) async fn read(request: Request, max_bytes: usize) -> Result<Bytes, Problem> {
    check_type(request.headers())?;
    read_any(request, max_bytes).await
}

/// Reads a body whose content type is not JSON's alone.
///
/// # Errors
/// As [`read`], except for the type.
pub(super) async fn read_any(request: Request, max_bytes: usize) -> Result<Bytes, Problem> {
    check_length(request.headers(), max_bytes)?;
    let body = to_bytes(request.into_body(), max_bytes);
    match tokio::time::timeout(PATIENCE, body).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_over_limit(&error) => Err(too_large(max_bytes)),
        Ok(Err(_)) => {
            Err(Problem::new(StatusCode::BAD_REQUEST).detail("the body broke off before its end"))
        }
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT)
            .detail(format!("the body did not arrive within {} s", PATIENCE.as_secs()))),
    }
}

fn is_over_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(<dyn std::error::Error>::is::<LengthLimitError>)
}

/// A body that says how large it is need not be read to be refused.
fn check_length(headers: &HeaderMap, max_bytes: usize) -> Result<(), Problem> {
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
        .detail(format!("a body may have up to {max_bytes} bytes"))
}

/// JSON under any of its names, or no type at all. `curl -d` calls everything a form unless told
/// otherwise; what it sends is then read as JSON or refused as such.
fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(header) = headers.get(CONTENT_TYPE) else { return Ok(()) };
    if header == "application/json" {
        return Ok(());
    }
    let text = header.to_str().unwrap_or_default();
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
            assert_eq!(check_type(&headers).is_ok(), accepted, "{name}");
        }
        assert!(check_type(&HeaderMap::new()).is_ok());
    }

    #[test]
    fn an_announced_length_is_enough_to_refuse() {
        for (length, accepted) in
            [("100", true), ("101", false), ("18446744073709551615", false), ("nonsense", true)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_LENGTH, HeaderValue::from_static(length));
            assert_eq!(check_length(&headers, 100).is_ok(), accepted, "{length}");
        }
    }
}
