//! The common steps of a request with a body: the body with its limits, and the blocking pool.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody as _, to_bytes},
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
};
use http_body_util::LengthLimitError;
use vitals_core::runtime::problem::Problem;

use super::{
    content_encoding::ContentEncoding,
    memory::{MemoryBudget, Reservation},
};

/// Time within which a client has to send its body.
const BODY_READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Size from which a body is handled on the blocking pool, where it does not delay other
/// connections.
pub(super) const LARGE_BODY_BYTES: usize = 256 * 1024;

/// A request body and the memory that is reserved for the request.
#[derive(Debug)]
pub(super) struct RequestBody {
    pub(super) bytes: Bytes,
    pub(super) memory: Reservation,
}

/// The limits of a request body.
#[derive(Debug, Clone)]
pub(super) struct BodyLimits {
    pub(super) max_bytes: usize,
    pub(super) max_rows: usize,
    pub(super) memory: MemoryBudget,
}

impl BodyLimits {
    /// Reads a JSON body whose rows take at least `min_row_bytes`.
    ///
    /// # Errors
    /// The problem to respond with: 413 too large, 415 a content type other than JSON or an unknown
    /// encoding, 408 too slow, 400 ended early, 503 if the memory is taken. An announced length or
    /// type is rejected before the body is read.
    pub(super) async fn read_json(
        &self,
        headers: &HeaderMap,
        body: Body,
        min_row_bytes: usize,
    ) -> Result<RequestBody, Problem> {
        check_content_type(headers)?;
        self.read_bytes(headers, body, min_row_bytes).await
    }

    /// Reads a body of any content type.
    ///
    /// # Errors
    /// As [`read_json`](Self::read_json), except for the content type.
    pub(super) async fn read_bytes(
        &self,
        headers: &HeaderMap,
        body: Body,
        min_row_bytes: usize,
    ) -> Result<RequestBody, Problem> {
        let encoding = ContentEncoding::of(headers)?;
        // A body in chunks announces no length.
        let announced = body.size_hint().exact();
        if announced.is_some_and(|length| length > self.max_bytes as u64) {
            return Err(too_large(self.max_bytes));
        }
        // A body of unknown length may be as long as the limit.
        let expected = announced.map_or(self.max_bytes, |length| length as usize);
        let mut memory = self.memory.reserve(expected)?;
        let mut bytes = collect(body, self.max_bytes).await?;
        if announced.is_none() {
            memory = self.memory.reserve(bytes.len())?;
        }
        if let Some(encoding) = encoding {
            let (decompressed, more) = self.decompress(encoding, bytes).await?;
            bytes = decompressed;
            memory.add(more);
        }
        // The rows and their response, which the body's length bounds.
        let rows = (bytes.len() / min_row_bytes + 1).min(self.max_rows);
        memory.add(self.memory.reserve_rows(rows)?);
        Ok(RequestBody { bytes, memory })
    }

    async fn decompress(
        &self,
        encoding: ContentEncoding,
        compressed: Bytes,
    ) -> Result<(Bytes, Reservation), Problem> {
        let limits = self.clone();
        // A small body may expand to the limit.
        let (bytes, memory) = run_blocking(move || {
            encoding.decompress(&compressed, limits.max_bytes, &limits.memory)
        })
        .await??;
        Ok((Bytes::from(bytes), memory))
    }
}

async fn collect(body: Body, max_bytes: usize) -> Result<Bytes, Problem> {
    match tokio::time::timeout(BODY_READ_TIMEOUT, to_bytes(body, max_bytes)).await {
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

pub(super) fn too_large(max_bytes: usize) -> Problem {
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
}
