//! `GET /api/activity`, `GET /api/activity/live` and `POST /api/activity`: accesses to the views.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use vitals_core::domain::activity::{Action, ActivityEvent, View};

use super::{archived::ArchivedUpTo, status::UpDown};

/// The kind of access or action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "see vitals_core::domain::activity::Action")]
pub enum ActivityAction {
    Viewed,
    Exported,
    Printed,
    Predicted,
    Acknowledged,
    Silenced,
    Unsilenced,
    Noted,
}

/// A view of the dashboard, or the alarms of a patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "see vitals_core::domain::activity::View")]
pub enum ActivityView {
    Ward,
    Patient,
    Risk,
    Statistics,
    Activity,
    Alarms,
}

/// The origin of a list of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActivitySource {
    /// The newest events of the topic.
    Live,
    /// The lake.
    Lake,
}

/// The state of the activity log since the start of the dashboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ActivityLogState {
    /// True if accesses are recorded.
    pub enabled: bool,
    /// The brokers, as the log's client sees them.
    #[ts(inline)]
    pub kafka: UpDown,
    /// Events that wait for Kafka.
    pub waiting: u64,
    /// Events that Kafka acknowledged.
    pub delivered: u64,
    /// Events that were dropped because too many waited, or that Kafka refused.
    pub lost: u64,
}

/// An access to a view, or an action on alarms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct ActivityRecord {
    /// Id of the event.
    pub event_id: String,
    /// Time of the access or action.
    pub time_ms: i64,
    /// The user that a trusted proxy named, or the person that a command named; `null` if none did.
    pub user: Option<String>,
    /// IP address of the browser, as far as trusted proxies vouch for it, or of the host of a command.
    pub address: String,
    /// The browser, as it describes itself, or the command.
    pub user_agent: Option<String>,
    /// The kind.
    pub action: ActivityAction,
    /// The view.
    pub view: ActivityView,
    /// The patient; `null` if the access concerned no single one.
    pub patient_id: Option<String>,
    /// The ward to which the access was restricted.
    pub ward: Option<String>,
    /// Start of the period that was read or silenced.
    pub from_ms: Option<i64>,
    /// End of the period, exclusive.
    pub to_ms: Option<i64>,
    /// Id of the prediction's request.
    pub request_id: Option<String>,
}

/// Accesses to the views, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct Activity {
    /// The origin.
    #[ts(inline)]
    pub source: ActivitySource,
    /// The server's clock.
    pub server_time_ms: i64,
    /// The state of the log.
    #[ts(inline)]
    pub log: ActivityLogState,
    /// The events, newest first.
    pub events: Vec<ActivityRecord>,
    /// False if there are older events that the response leaves out.
    pub complete: bool,
    /// The extent of the archived events; `null` for those of the topic.
    pub archived_up_to: Option<ArchivedUpTo>,
}

/// An access that only the page knows of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivityReport {
    /// `exported` or `printed`; the dashboard itself observes the others.
    pub action: ActivityAction,
    /// The view.
    pub view: ActivityView,
    /// The patient of the view.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub patient_id: Option<String>,
    /// The ward of the view.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub ward: Option<String>,
    /// Start of the period in the view, with `to_ms`.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub from_ms: Option<i64>,
    /// End of the period, exclusive.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub to_ms: Option<i64>,
}

impl From<ActivityEvent> for ActivityRecord {
    fn from(event: ActivityEvent) -> Self {
        Self {
            event_id: event.event_id,
            time_ms: event.time,
            user: event.user,
            address: event.address.to_string(),
            user_agent: event.user_agent,
            action: event.action.into(),
            view: event.view.into(),
            patient_id: event.patient_id,
            ward: event.ward,
            from_ms: event.from,
            to_ms: event.to,
            request_id: event.request_id,
        }
    }
}

impl From<Action> for ActivityAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Viewed => Self::Viewed,
            Action::Exported => Self::Exported,
            Action::Printed => Self::Printed,
            Action::Predicted => Self::Predicted,
            Action::Acknowledged => Self::Acknowledged,
            Action::Silenced => Self::Silenced,
            Action::Unsilenced => Self::Unsilenced,
            Action::Noted => Self::Noted,
        }
    }
}

impl From<View> for ActivityView {
    fn from(view: View) -> Self {
        match view {
            View::Ward => Self::Ward,
            View::Patient => Self::Patient,
            View::Risk => Self::Risk,
            View::Statistics => Self::Statistics,
            View::Activity => Self::Activity,
            View::Alarms => Self::Alarms,
        }
    }
}

impl From<ActivityView> for View {
    fn from(view: ActivityView) -> Self {
        match view {
            ActivityView::Ward => Self::Ward,
            ActivityView::Patient => Self::Patient,
            ActivityView::Risk => Self::Risk,
            ActivityView::Statistics => Self::Statistics,
            ActivityView::Activity => Self::Activity,
            ActivityView::Alarms => Self::Alarms,
        }
    }
}
