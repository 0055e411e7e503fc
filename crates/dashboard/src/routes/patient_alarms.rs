//! `GET /api/alarms`: a patient's alarms from the lake.

use std::{collections::HashMap, sync::Arc};

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
};
use utoipa::IntoParams;
use vitals_core::{
    domain::activity::View,
    runtime::problem::{FieldError, Problem},
};

use super::{
    app::App,
    patient_history::{into_problem, invalid_fields, readable},
    period::period,
    problem_responses::HistoryProblems,
};
use crate::{
    activity::{Access, Caller},
    wire::AlarmHistory,
};

/// Query parameters.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description of the parameters")]
struct AlarmParameters {
    /// The patient's id.
    patient_id: String,
    /// Start of the period, inclusive, ms since the epoch.
    from_ms: i64,
    /// End of the period, exclusive, ms since the epoch.
    to_ms: i64,
}

/// A patient's alarms that lasted in a period, newest first: those raised before it included, unless they
/// ended before it. Those of the last seconds are not archived yet: `GET /api/ward` has the alarms under
/// way.
#[utoipa::path(get, path = "/api/alarms", params(AlarmParameters), responses(
    (status = 200, description = "Empty until an alarm is archived", body = AlarmHistory),
    HistoryProblems,
))]
pub(super) async fn alarms(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Json<AlarmHistory>, Problem> {
    let query = readable(query)?;
    let Some(patient_id) = query.get("patient_id") else {
        return Err(invalid_fields(vec![FieldError::new("patient_id", "is missing")]));
    };
    let range = period(&query, Vec::new())?;
    // Part of the patient's view: it continues the access of the history.
    let access = Access::viewed(View::Patient).of_patient(Some(patient_id));
    app.activity.record(&caller, &access.within(Some(range)));
    app.history.alarms(patient_id, range).await.map(Json).map_err(into_problem)
}
