//! `GET /api/patients/{id}/history`.

use std::{collections::HashMap, str::FromStr, sync::Arc};

use axum::{
    Json,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use utoipa::IntoParams;
use vitals_core::runtime::problem::{FieldError, Problem};

use super::App;
use crate::{
    history_client::{DEFAULT_POINTS, HistoryError},
    wire::History,
};

/// What is asked for.
#[derive(Debug, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// First moment, ms since the epoch.
    from_ms: i64,
    /// The moment after the last, ms since the epoch.
    to_ms: i64,
    /// Most buckets in the answer.
    #[param(default = 600, minimum = 2, maximum = 2000)]
    points: usize,
}

/// What was measured of a patient, in buckets of time.
#[utoipa::path(get, path = "/api/patients/{id}/history",
    params(("id" = String, Path, description = "The patient"), Asked),
    responses(
        (status = 200, description = "Empty as long as nothing was archived", body = History),
        (status = 422, description = "Fields that are wrong, named",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The lake is away",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
        (status = 504, description = "The lake is too slow",
            body = super::openapi::ProblemBody, content_type = "application/problem+json"),
    )
)]
pub(super) async fn history(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<History>, Problem> {
    let Path(id) = id
        .map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST).detail(rejection.body_text()))?;
    let Query(query) = query
        .map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST).detail(rejection.body_text()))?;
    let asked = asked(&query)?;
    let range = (asked.from_ms, asked.to_ms);
    app.archive.history(&id, range, asked.points).await.map(Json).map_err(explain)
}

fn asked(query: &HashMap<String, String>) -> Result<Asked, Problem> {
    let mut errors = Vec::new();
    let from_ms = number(query, "from_ms", None, &mut errors);
    let to_ms = number(query, "to_ms", None, &mut errors);
    let points = number(query, "points", Some(DEFAULT_POINTS), &mut errors);
    match (from_ms, to_ms, points) {
        (Some(from_ms), Some(to_ms), Some(points)) => Ok(Asked { from_ms, to_ms, points }),
        _ => Err(wrong(errors)),
    }
}

fn number<T: FromStr>(
    query: &HashMap<String, String>,
    field: &str,
    default: Option<T>,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    let problem = match query.get(field) {
        None if default.is_some() => return default,
        None => "is missing",
        Some(text) => match text.parse() {
            Ok(number) => return Some(number),
            Err(_) => "is not a whole number",
        },
    };
    errors.push(FieldError::new(field, problem));
    None
}

fn wrong(errors: Vec<FieldError>) -> Problem {
    let words: Vec<_> =
        errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(words.join("; ")).errors(errors)
}

fn explain(error: HistoryError) -> Problem {
    match error {
        HistoryError::Invalid(invalid) => {
            wrong(vec![FieldError::new(invalid.field, invalid.problem)])
        }
        HistoryError::Lake(error) => {
            tracing::warn!(error = format!("{error:#}"), "no history");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE)
                .detail("the storage of the history does not answer")
        }
        HistoryError::TooSlow(patience) => {
            tracing::warn!(patience_ms = patience.as_millis(), "no history in time");
            Problem::new(StatusCode::GATEWAY_TIMEOUT)
                .detail("the storage of the history did not answer in time")
        }
    }
}
