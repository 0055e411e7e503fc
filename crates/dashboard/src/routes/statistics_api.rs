//! `GET /api/statistics` and `GET /api/statistics/live`: figures of a ward and a period.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
};
use utoipa::IntoParams;
use vitals_core::{
    domain::activity::View,
    runtime::{
        clock::now_ms,
        problem::{FieldError, Problem},
    },
};

use super::{
    app::App,
    patient_history::{invalid_fields, number, readable},
    period::period,
    problem_responses::{LiveProblems, StatisticsProblems},
};
use crate::{
    activity::{Access, Caller},
    statistics::MAX_MINUTES,
    statistics_client::{MAX_PERIOD_MS, StatisticsError},
    wire::Statistics,
};

/// Query parameters of statistics from the lake.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct PeriodQuery {
    /// Start of the period, inclusive, ms since the epoch.
    from_ms: i64,
    /// End of the period, exclusive, ms since the epoch; at most seven days after the start.
    to_ms: i64,
    /// Restricts the statistics to a ward.
    #[param(required = false)]
    ward: String,
}

/// Query parameters of live statistics.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
struct LiveStatisticsQuery {
    /// Number of whole minutes before the present one.
    #[param(default = 15, minimum = 1, maximum = 60)]
    minutes: i64,
    /// Restricts the statistics to a ward.
    #[param(required = false)]
    ward: String,
}

/// The statistics of a period, computed from the lake.
#[utoipa::path(get, path = "/api/statistics", params(PeriodQuery), responses(
    (status = 200, description = "Without patients until a reading is archived", body = Statistics),
    StatisticsProblems,
))]
pub(super) async fn statistics(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<Statistics>, Problem> {
    let query = readable(query)?;
    let PeriodQuery { from_ms, to_ms, ward } = PeriodQuery::parse(&query)?;
    let ward = Some(ward).filter(|ward| !ward.is_empty());
    let access = Access::viewed(View::Statistics).of_ward(ward.as_deref());
    app.activity.record(&caller, &access.within(Some((from_ms, to_ms))));
    let statistics = app.statistics.statistics((from_ms, to_ms), ward.as_deref()).await;
    statistics.map(Json).map_err(into_problem)
}

/// The statistics of the last minutes, counted by the dashboard while the readings arrived.
#[utoipa::path(get, path = "/api/statistics/live", params(LiveStatisticsQuery), responses(
    (status = 200, description = "From the start of the dashboard at the earliest", body = Statistics),
    LiveProblems,
))]
pub(super) async fn live_statistics(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<Statistics>, Problem> {
    let query = readable(query)?;
    let LiveStatisticsQuery { minutes, ward } = LiveStatisticsQuery::parse(&query)?;
    let ward = Some(ward).filter(|ward| !ward.is_empty());
    app.activity.record(&caller, &Access::viewed(View::Statistics).of_ward(ward.as_deref()));
    Ok(Json(app.hub.statistics(minutes, ward, now_ms())))
}

impl PeriodQuery {
    fn parse(query: &HashMap<String, String>) -> Result<Self, Problem> {
        let (from_ms, to_ms) = period(query, Vec::new())?;
        if to_ms - from_ms > MAX_PERIOD_MS {
            let error = FieldError::new("to_ms", "is more than seven days after from_ms");
            return Err(invalid_fields(vec![error]));
        }
        Ok(Self { from_ms, to_ms, ward: ward(query) })
    }
}

impl LiveStatisticsQuery {
    fn parse(query: &HashMap<String, String>) -> Result<Self, Problem> {
        let mut errors = Vec::new();
        match number(query, "minutes", Some(15), &mut errors) {
            Some(minutes @ 1..=MAX_MINUTES) => Ok(Self { minutes, ward: ward(query) }),
            Some(_) => {
                let message = format!("is not between 1 and {MAX_MINUTES}");
                Err(invalid_fields(vec![FieldError::new("minutes", message)]))
            }
            None => Err(invalid_fields(errors)),
        }
    }
}

fn ward(query: &HashMap<String, String>) -> String {
    query.get("ward").cloned().unwrap_or_default()
}

fn into_problem(error: StatisticsError) -> Problem {
    match error {
        StatisticsError::Lake(error) => {
            tracing::warn!(error = format!("{error:#}"), "statistics query failed");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("history storage is unavailable")
        }
        StatisticsError::TimedOut(timeout) => {
            tracing::warn!(lake.timeout_ms = timeout.as_millis(), "statistics query timed out");
            Problem::new(StatusCode::GATEWAY_TIMEOUT).detail(
                "the period has too many readings to be computed in time; choose a shorter one",
            )
        }
    }
}
