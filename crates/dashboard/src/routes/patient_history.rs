//! `GET /api/patients/{id}/history` and `GET /api/history`: a patient's readings from the lake.

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
use vitals_core::{
    domain::activity::View,
    runtime::problem::{FieldError, Problem},
};
use vitals_lake::query::HistoryQuery;

use super::{app::App, problem_responses::HistoryProblems};
use crate::{
    activity::{Access, Caller},
    history_client::{DEFAULT_POINTS, HistoryError},
    wire::{History, SHOWN},
};

/// Query parameters.
#[derive(Debug, PartialEq, IntoParams)]
#[into_params(parameter_in = Query)]
struct RangeQuery {
    /// Start of the range, inclusive, ms since the epoch.
    from_ms: i64,
    /// End of the range, exclusive, ms since the epoch.
    to_ms: i64,
    /// Maximum number of buckets in the response.
    #[param(default = 600, minimum = 2, maximum = 2000)]
    points: usize,
    /// The device whose readings alone count. Without it those of all devices do, averaged together;
    /// `devices` of the response names them.
    device: Option<String>,
}

/// A patient's readings in time buckets.
#[utoipa::path(get, path = "/api/patients/{id}/history",
    params(("id" = String, Path, description = "The patient's id"), RangeQuery),
    responses(
        (status = 200, description = "Empty until a reading is archived", body = History),
        HistoryProblems,
    )
)]
pub(super) async fn history(
    State(app): State<Arc<App>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<History>, Problem> {
    let Path(id) = id
        .map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST).detail(rejection.body_text()))?;
    let query = readable(query)?;
    read(&app, &caller, &id, &query).await
}

/// A patient's readings in time buckets. The id is a parameter: an id such as `..` or `a/b` does not
/// survive as a segment of a path.
#[utoipa::path(get, path = "/api/history",
    params(("patient_id" = String, Query, description = "The patient's id"), RangeQuery),
    responses(
        (status = 200, description = "Empty until a reading is archived", body = History),
        HistoryProblems,
    )
)]
pub(super) async fn history_by_query(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<History>, Problem> {
    let query = readable(query)?;
    let Some(id) = query.get("patient_id") else {
        return Err(invalid_fields(vec![FieldError::new("patient_id", "is missing")]));
    };
    read(&app, &caller, id, &query).await
}

pub(super) fn readable(
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<HashMap<String, String>, Problem> {
    let Query(query) = query
        .map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST).detail(rejection.body_text()))?;
    Ok(query)
}

async fn read(
    app: &App,
    caller: &Caller,
    id: &str,
    query: &HashMap<String, String>,
) -> Result<Json<History>, Problem> {
    let RangeQuery { from_ms, to_ms, points, device } = RangeQuery::parse(query)?;
    let device = device.as_deref();
    let selected = HistoryQuery { patient_id: id, from_ms, to_ms, points, vitals: &SHOWN, device };
    let history = app.history.history(&selected).await;
    // The page shows the live values of the patient even if the lake does not respond.
    if !matches!(history, Err(HistoryError::Invalid(_))) {
        let access = Access::viewed(View::Patient).of_patient(Some(id));
        app.activity.record(caller, &access.within(Some((from_ms, to_ms))));
    }
    history.map(Json).map_err(into_problem)
}

impl RangeQuery {
    /// Parses the parameters and collects the errors of all fields.
    fn parse(query: &HashMap<String, String>) -> Result<Self, Problem> {
        // Every field is parsed before the check, so that one response names all errors.
        let mut errors = Vec::new();
        let from_ms = number(query, "from_ms", None, &mut errors);
        let to_ms = number(query, "to_ms", None, &mut errors);
        let points = number(query, "points", Some(DEFAULT_POINTS), &mut errors);
        match (from_ms, to_ms, points) {
            (Some(from_ms), Some(to_ms), Some(points)) => {
                let device = query.get("device").cloned();
                Ok(Self { from_ms, to_ms, points, device })
            }
            _ => Err(invalid_fields(errors)),
        }
    }
}

pub(super) fn number<T: FromStr>(
    query: &HashMap<String, String>,
    field: &str,
    default: Option<T>,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    let message = match query.get(field) {
        None if default.is_some() => return default,
        None => "is missing",
        Some(text) => match text.parse() {
            Ok(number) => return Some(number),
            Err(_) => "is not a whole number",
        },
    };
    errors.push(FieldError::new(field, message));
    None
}

pub(super) fn invalid_fields(errors: Vec<FieldError>) -> Problem {
    let sentences: Vec<_> =
        errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY).detail(sentences.join("; ")).errors(errors)
}

pub(super) fn into_problem(error: HistoryError) -> Problem {
    match error {
        HistoryError::Invalid(invalid) => {
            invalid_fields(vec![FieldError::new(invalid.field, invalid.problem)])
        }
        HistoryError::Lake(error) => {
            tracing::warn!(error = format!("{error:#}"), "history query failed");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("history storage is unavailable")
        }
        HistoryError::TimedOut(timeout) => {
            tracing::warn!(lake.timeout_ms = timeout.as_millis(), "history query timed out");
            Problem::new(StatusCode::GATEWAY_TIMEOUT)
                .detail("history storage did not respond in time")
        }
    }
}
