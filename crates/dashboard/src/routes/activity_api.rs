//! `GET /api/activity`, `GET /api/activity/live` and `POST /api/activity`: accesses to the views.

use std::{
    collections::HashMap,
    convert::Infallible,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use axum::{
    Json,
    extract::{
        FromRequestParts, Query, State,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{StatusCode, request::Parts},
};
use utoipa::IntoParams;
use vitals_core::{
    domain::activity::{Action, MAX_ACTIVITY_TEXT_BYTES, View},
    runtime::{
        clock::now_ms,
        problem::{FieldError, Problem},
        server::PeerAddress,
    },
};
use vitals_lake::query::{ArchivedTable, MAX_TIME_MS};

use super::{
    app::App,
    patient_history::{invalid_fields, readable},
    period::period,
    problem_responses::{ActivityProblems, LiveProblems, ReportProblems},
};
use crate::{
    activity::{Access, ActivityFilter, Caller, RECENT_EVENTS},
    activity_client::{ActivityError, MAX_EVENTS},
    wire::{Activity, ActivityAction, ActivityReport, ActivitySource},
};

/// Query parameters of the activity in the lake.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of the parameters")]
struct ActivityParameters {
    /// Start of the period, inclusive, ms since the epoch.
    from_ms: i64,
    /// End of the period, exclusive, ms since the epoch.
    to_ms: i64,
}

/// Query parameters that select events.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of the parameters")]
struct FilterParameters {
    /// Restricts the list to accesses to this patient.
    #[param(required = false)]
    patient_id: String,
    /// Restricts the list to this user; `unknown` selects accesses without a user, too.
    #[param(required = false)]
    user: String,
    /// Restricts the list to this action: `viewed`, `exported`, `printed`, `predicted`, `acknowledged`,
    /// `silenced`, `unsilenced` or `noted`.
    #[param(required = false)]
    action: String,
}

/// The origin of a request, for the activity log.
impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<PeerAddress>();
        let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0.ip());
        Ok(app.activity.caller(peer, &parts.headers))
    }
}

/// The activity of a period, from the lake: at most 1,000 events, newest first.
#[utoipa::path(get, path = "/api/activity", params(ActivityParameters, FilterParameters), responses(
    (status = 200, description = "Empty until an event is archived", body = Activity),
    ActivityProblems,
))]
pub(super) async fn activity(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<Activity>, Problem> {
    let query = readable(query)?;
    let mut errors = Vec::new();
    let filter = filter(&query, &mut errors);
    let range = period(&query, errors)?;
    record(&app, &caller, &filter, Some(range));
    // First: the query has at least its events.
    let archived_up_to = app.archive.up_to(ArchivedTable::Activity, range.1).await;
    let mut events = app.activity_lake.events(range, &filter).await.map_err(into_problem)?;
    let complete = events.len() <= MAX_EVENTS;
    events.truncate(MAX_EVENTS);
    Ok(Json(Activity {
        source: ActivitySource::Lake,
        server_time_ms: now_ms(),
        log: app.activity.state(),
        events: events.into_iter().map(Into::into).collect(),
        complete,
        archived_up_to: Some(archived_up_to),
    }))
}

/// The newest activity, from the topic: of the last 1,000 events those selected, newest first.
#[utoipa::path(get, path = "/api/activity/live", params(FilterParameters), responses(
    (status = 200, description = "Those of all dashboards on the topic", body = Activity),
    LiveProblems,
))]
pub(super) async fn live_activity(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<Activity>, Problem> {
    let query = readable(query)?;
    let mut errors = Vec::new();
    let filter = filter(&query, &mut errors);
    if !errors.is_empty() {
        return Err(invalid_fields(errors));
    }
    record(&app, &caller, &filter, None);
    let all = app.recent_activity.len();
    let events = app.recent_activity.list(&filter);
    Ok(Json(Activity {
        source: ActivitySource::Live,
        server_time_ms: now_ms(),
        log: app.activity.state(),
        events: events.into_iter().map(Into::into).collect(),
        complete: all < RECENT_EVENTS,
        archived_up_to: None,
    }))
}

/// Records an access that only the page knows of: the saving of a file, or a print.
#[utoipa::path(post, path = "/api/activity", request_body = ActivityReport, responses(
    (status = 204, description = "Recorded, if the log is enabled and has room"),
    ReportProblems,
))]
pub(super) async fn report(
    State(app): State<Arc<App>>,
    caller: Caller,
    body: Result<Json<ActivityReport>, JsonRejection>,
) -> Result<StatusCode, Problem> {
    let Json(report) =
        body.map_err(|rejection| Problem::new(rejection.status()).detail(rejection.body_text()))?;
    let access = access(&report)?;
    app.activity.record(&caller, &access);
    Ok(StatusCode::NO_CONTENT)
}

/// The reported access.
fn access(report: &ActivityReport) -> Result<Access, Problem> {
    let action = match report.action {
        ActivityAction::Exported => Action::Exported,
        ActivityAction::Printed => Action::Printed,
        ActivityAction::Viewed
        | ActivityAction::Predicted
        | ActivityAction::Acknowledged
        | ActivityAction::Silenced
        | ActivityAction::Unsilenced
        | ActivityAction::Noted => {
            let error = FieldError::new("action", "is neither exported nor printed");
            return Err(invalid_fields(vec![error]));
        }
    };
    let view = View::from(report.view);
    let mut errors = Vec::new();
    for (field, text) in [("patient_id", &report.patient_id), ("ward", &report.ward)] {
        let long = text.as_ref().is_some_and(|text| text.len() > MAX_ACTIVITY_TEXT_BYTES);
        if long || text.as_ref().is_some_and(String::is_empty) {
            errors.push(FieldError::new(field, "is empty or too long"));
        }
    }
    if matches!(view, View::Patient | View::Alarms) && report.patient_id.is_none() {
        errors.push(FieldError::new("patient_id", "is missing"));
    }
    let range = report.from_ms.zip(report.to_ms);
    if range.is_none_or(|(from_ms, to_ms)| from_ms < 0 || from_ms > to_ms || to_ms > MAX_TIME_MS)
        && (report.from_ms.is_some() || report.to_ms.is_some())
    {
        errors.push(FieldError::new("to_ms", "is no end of a period from from_ms"));
    }
    if !errors.is_empty() {
        return Err(invalid_fields(errors));
    }
    Ok(Access::new(action, view)
        .of_patient(report.patient_id.as_deref())
        .of_ward(report.ward.as_deref())
        .within(range))
}

/// Records that the activity was viewed.
fn record(app: &App, caller: &Caller, filter: &ActivityFilter, range: Option<(i64, i64)>) {
    let access = Access::viewed(View::Activity);
    app.activity.record(caller, &access.of_patient(filter.patient_id.as_deref()).within(range));
}

fn filter(query: &HashMap<String, String>, errors: &mut Vec<FieldError>) -> ActivityFilter {
    let text = |field: &str| query.get(field).filter(|text| !text.is_empty()).cloned();
    let named = text("action");
    let action = named.as_deref().and_then(Action::named);
    if named.is_some() && action.is_none() {
        let names = Action::ALL.map(Action::name).join(", ");
        errors.push(FieldError::new("action", format!("is none of {names}")));
    }
    ActivityFilter { patient_id: text("patient_id"), user: text("user"), action }
}

fn into_problem(error: ActivityError) -> Problem {
    match error {
        ActivityError::Lake(error) => {
            tracing::warn!(error = format!("{error:#}"), "activity query failed");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE).detail("history storage is unavailable")
        }
        ActivityError::TimedOut(timeout) => {
            tracing::warn!(lake.timeout_ms = timeout.as_millis(), "activity query timed out");
            Problem::new(StatusCode::GATEWAY_TIMEOUT)
                .detail("history storage did not respond in time; choose a shorter period")
        }
    }
}
