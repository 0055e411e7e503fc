//! The state that handlers share, and the steps that end every prediction request.

use std::sync::Arc;

use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use uuid::Uuid;
use vitals_core::{
    domain::features::{self, Features, FeaturesError},
    runtime::{
        clock::now_ms,
        config::{ModelServerSettings, UnusableAnswers},
        problem::{FieldError, Problem},
    },
};

use crate::{
    metrics::{HttpMetrics, Route},
    serving::{LoadedModel, ServedRequest, ServedRows, ServingState, Submission},
    warnings::Unusable,
};

use super::{
    admin::AdminPolicy,
    content_encoding::ACCEPTED_ENCODINGS,
    memory::MemoryBudget,
    request::BodyLimits,
    request_context::{REQUEST_ID, RequestContext},
};

/// Maximum number of refused rows in a problem document.
const MAX_ERRORS: usize = 32;

/// The rows of a request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rows<'a> {
    /// One person.
    One(&'a Features),
    /// An array or a tensor.
    Many(&'a [Features]),
}

/// The state of all handlers.
#[derive(Debug)]
pub(super) struct AppState {
    pub(super) serving: Arc<ServingState>,
    pub(super) metrics: HttpMetrics,
    pub(super) admin: AdminPolicy,
    pub(super) limits: BodyLimits,
    pub(super) unusable: UnusableAnswers,
}

/// A response, and the submission to the prediction log to complete before it is sent.
#[derive(Debug)]
pub(super) struct Served<R> {
    pub(super) response: R,
    pub(super) submission: Submission,
}

impl AppState {
    pub(super) fn new(serving: Arc<ServingState>, settings: &ModelServerSettings) -> Self {
        Self {
            serving,
            metrics: HttpMetrics::new(),
            admin: AdminPolicy::from_settings(settings),
            limits: BodyLimits {
                max_bytes: settings.max_body_bytes,
                max_rows: settings.max_rows,
                memory: MemoryBudget::new(settings.max_memory_bytes),
            },
            unusable: settings.unusable,
        }
    }

    /// Converts the outcome of a prediction request to a response, sets its request id, on errors
    /// too, and counts it.
    pub(super) fn finish(
        &self,
        route: Route,
        id: Uuid,
        outcome: Result<impl IntoResponse, impl IntoResponse>,
    ) -> Response {
        let mut response = explained(outcome.into_response());
        // Encoded on the stack: this runs for every prediction.
        let mut buffer = Uuid::encode_buffer();
        if let Ok(value) = HeaderValue::from_str(id.hyphenated().encode_lower(&mut buffer)) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        self.metrics.count_response(route, response.status());
        response
    }

    /// Records the latency of a prediction, and submits it to the prediction log.
    pub(super) fn submit(
        &self,
        context: RequestContext,
        model: &Arc<LoadedModel>,
        shadow: Option<&Arc<LoadedModel>>,
        rows: ServedRows,
    ) -> Submission {
        let latency = context.started.elapsed();
        model.metrics.record_latency(latency);
        self.serving.submit(ServedRequest {
            request_id: context.id,
            // The time of the response, not of the request.
            timestamp_ms: now_ms(),
            latency_us: u32::try_from(latency.as_micros()).unwrap_or(u32::MAX),
            model: Arc::clone(model),
            shadow: shadow.map(Arc::clone),
            origin: context.origin,
            first_row: 0,
            rows,
        })
    }

    /// Completes the submission of a served request, and returns its response.
    ///
    /// # Errors
    /// 503 if the log is mandatory and the record was not acknowledged, or if the log is too far
    /// behind.
    pub(super) async fn complete<R>(&self, served: Served<R>) -> Result<R, Problem> {
        match self.serving.complete(served.submission).await {
            Ok(()) => Ok(served.response),
            Err(error) => {
                let unavailable = Problem::new(StatusCode::SERVICE_UNAVAILABLE);
                Err(unavailable.detail(error.to_string()))
            }
        }
    }

    /// Rejects more rows than the limit.
    ///
    /// # Errors
    /// 413.
    pub(super) fn check_rows(&self, rows: usize) -> Result<(), Problem> {
        let limit = self.limits.max_rows;
        if rows <= limit {
            return Ok(());
        }
        Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE)
            .detail(format!("{rows} rows exceed the limit of {limit}")))
    }

    /// Checks that the prediction of every row is usable, if the settings refuse the others.
    pub(super) fn refuse_unusable(&self, rows: Rows<'_>) -> Result<(), Vec<FieldError>> {
        let (rows, is_batch) = match rows {
            Rows::One(features) => (std::slice::from_ref(features), false),
            Rows::Many(rows) => (rows, true),
        };
        // Marked in the response instead.
        if self.unusable == UnusableAnswers::Mark {
            return Ok(());
        }
        let mut errors = Vec::new();
        for (row, features) in rows.iter().enumerate() {
            if let Some(unusable) = Unusable::of(features.values()) {
                let error = FieldError::new(unusable.feature(), unusable.reason());
                errors.push(FieldError { row: is_batch.then_some(row), ..error });
            }
            if errors.len() == MAX_ERRORS {
                break;
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    /// The problem document of an invalid body. Counts its invalid fields.
    pub(super) fn invalid_features(&self, error: &FeaturesError) -> Problem {
        match error {
            FeaturesError::NotJson(error) => Problem::new(StatusCode::BAD_REQUEST)
                .detail(format!("the body is not JSON: {error}")),
            FeaturesError::Invalid(errors) => {
                self.metrics.count_rejected_fields(errors);
                invalid_fields(errors.iter().map(field_error).collect())
            }
        }
    }
}

/// Adds `Retry-After` to a 503, and `Accept-Encoding` to a 415.
pub(super) fn explained(mut response: Response) -> Response {
    match response.status() {
        // The causes are short: requests in progress, or a log that waits for the broker.
        StatusCode::SERVICE_UNAVAILABLE => {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let accepted = HeaderValue::from_static(ACCEPTED_ENCODINGS);
            response.headers_mut().insert(ACCEPT_ENCODING, accepted);
        }
        _ => {}
    }
    response
}

/// The problem document of invalid fields.
pub(super) fn invalid_fields(errors: Vec<FieldError>) -> Problem {
    let detail = match errors.len() {
        1 => "1 field is invalid".to_owned(),
        count => format!("{count} fields are invalid"),
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(detail).errors(errors)
}

fn field_error(error: &features::FieldError) -> FieldError {
    let described = FieldError::new(error.field.as_str(), error.problem.to_string());
    FieldError { row: error.row, ..described }
}
