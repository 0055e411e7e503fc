//! Problem documents (RFC 9457), the error responses of the HTTP APIs, and their OpenAPI schema.

use std::collections::BTreeMap;

use axum::{
    http::{HeaderValue, StatusCode, Uri, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{self, Content, Ref, RefOr, ResponseBuilder},
};

/// The media type of a problem document.
const PROBLEM_JSON: &str = "application/problem+json";

/// An invalid field of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// The error, in words.
    pub message: String,
    /// The row of an array, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[cfg_attr(test, ts(optional))]
    pub row: Option<usize>,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into(), row: None }
    }
}

/// A problem document (RFC 9457) with every invalid field: the body of every error response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub struct Problem {
    /// HTTP status.
    pub status: u16,
    /// The kind of problem in a few words.
    pub title: String,
    /// This occurrence, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    #[cfg_attr(test, ts(optional))]
    pub detail: Option<String>,
    /// Every invalid field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(test, ts(optional, as = "Option<Vec<FieldError>>"))]
    pub errors: Vec<FieldError>,
}

impl Problem {
    /// A problem whose title is the reason phrase of `status`.
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { status: status.as_u16(), title, detail: None, errors: Vec::new() }
    }

    /// Adds a description of this occurrence.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Adds the invalid fields.
    #[must_use]
    pub fn errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // The status of a deserialised document may be out of range.
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // `Json` sets application/json, which is replaced.
        let mut response = (status, axum::Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        response
    }
}

/// The OpenAPI description of error responses whose body is a [`Problem`].
///
/// It implements [`IntoResponses`] for the errors that any route may return. A route with errors of
/// its own implements the trait with [`described`](Self::described).
#[derive(Debug, Clone, Copy)]
pub struct ProblemResponses;

impl ProblemResponses {
    /// Responses by status, `4XX` and `5XX` included, with the descriptions given.
    #[must_use]
    pub fn described(responses: &[(&str, &str)]) -> BTreeMap<String, RefOr<openapi::Response>> {
        let problem = Content::new(Some(Ref::from_schema_name("Problem")));
        responses
            .iter()
            .map(|(status, description)| {
                let response = ResponseBuilder::new()
                    .description(*description)
                    .content(PROBLEM_JSON, problem.clone())
                    .build();
                ((*status).to_owned(), RefOr::T(response))
            })
            .collect()
    }
}

impl IntoResponses for ProblemResponses {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        Self::described(&[
            ("4XX", "The request is invalid"),
            ("5XX", "The service failed, or a service that it depends on is unavailable"),
        ])
    }
}

/// The response to a request for an unknown path.
pub async fn not_found(uri: Uri) -> Problem {
    Problem::new(StatusCode::NOT_FOUND).detail(format!("no resource at {}", uri.path()))
}

/// The response to a request with a method that the path does not support.
pub async fn method_not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED)
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use serde_json::json;
    use ts_rs::TS as _;
    use utoipa::PartialSchema as _;

    use super::*;
    use crate::runtime::generated_files::assert_current;

    #[test]
    fn the_schema_has_the_fields_of_the_document() {
        let schema = serde_json::to_value(Problem::schema()).unwrap();
        let error = FieldError { row: Some(1), ..FieldError::new("age", "is required") };
        let problem = Problem::new(StatusCode::BAD_REQUEST).detail("not JSON").errors(vec![error]);
        let document = serde_json::to_value(problem).unwrap();
        let fields: BTreeSet<_> = document.as_object().unwrap().keys().collect();
        let described: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(fields, described);
        assert_eq!(schema["required"], json!(["status", "title"]));
        assert_eq!(schema["properties"]["detail"]["type"], "string");
    }

    /// The folder belongs to the dashboard's pages, which display problems.
    #[test]
    fn the_typescript_is_generated_from_these_types() {
        let generated = tempfile::tempdir().unwrap();
        let config = ts_rs::Config::new().with_large_int("number").with_out_dir(generated.path());
        Problem::export_all(&config).unwrap();
        let committed =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../dashboard/ui/src/lib/wire/problem");
        assert_current(&committed, generated.path());
    }

    #[test]
    fn a_described_response_refers_to_the_schema() {
        let responses = ProblemResponses::described(&[("413", "The body is too large")]);
        let response = serde_json::to_value(&responses["413"]).unwrap();
        assert_eq!(response["description"], "The body is too large");
        let schema = &response["content"][PROBLEM_JSON]["schema"]["$ref"];
        assert_eq!(schema, "#/components/schemas/Problem");
    }
}
