//! The alarms of the watch: those that are listed, and those of the lake in `GET /api/alarms`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use vitals_core::domain::watch::{Alarm, Priority};
use vitals_lake::query;

use super::archived::ArchivedUpTo;

/// The priority of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlarmPriority {
    /// `***`
    High,
    /// `**`
    Medium,
    /// `*`
    Low,
    /// The equipment or the data need attention.
    Technical,
}

impl From<Priority> for AlarmPriority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::High => Self::High,
            Priority::Medium => Self::Medium,
            Priority::Low => Self::Low,
            Priority::Technical => Self::Technical,
        }
    }
}

/// An alarm: one that the watch lists, under way or high and not acknowledged after its end, or one of
/// the lake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct AlarmState {
    /// Id of the occurrence.
    pub id: String,
    /// The rule, such as `limit.spo2.low`.
    pub rule: String,
    /// The present priority; in the lake, the highest that it had.
    #[ts(inline)]
    pub priority: AlarmPriority,
    /// The condition in words, such as `HR 134 > 120`, with that priority.
    pub text: String,
    /// Arrival of the reading with which the condition became true.
    pub since_ms: i64,
    /// End of the condition; `null` while it lasts, and in the lake until the end is archived.
    pub ended_ms: Option<i64>,
    /// The person who has acknowledged it.
    pub acknowledged_by: Option<String>,
    /// End of the silence under which it is; always `null` in the lake.
    pub silenced_until_ms: Option<i64>,
    /// The person who has silenced it; in the lake, the last one who did for a time.
    pub silenced_by: Option<String>,
    /// Time up to which the watch has judged the patient; in the lake, that of the last transition.
    pub as_of_ms: i64,
}

/// The alarms of a patient that lasted in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct AlarmHistory {
    /// The patient's id.
    pub patient_id: String,
    /// Start of the requested period, inclusive.
    pub from_ms: i64,
    /// End of the requested period, exclusive.
    pub to_ms: i64,
    /// The alarms, newest first.
    pub alarms: Vec<AlarmState>,
    /// False if there are older alarms that the response leaves out.
    pub complete: bool,
    /// The extent of the archived transitions of alarms.
    pub archived_up_to: ArchivedUpTo,
}

impl From<query::AlarmRecord> for AlarmState {
    fn from(record: query::AlarmRecord) -> Self {
        Self {
            id: record.id,
            rule: record.rule,
            priority: record.priority.into(),
            text: record.text,
            since_ms: record.onset_ms,
            ended_ms: record.ended_ms,
            acknowledged_by: record.acknowledged_by,
            silenced_until_ms: None,
            silenced_by: record.silenced_by,
            as_of_ms: record.as_of_ms,
        }
    }
}

impl AlarmState {
    /// An alarm that the watch lists after it has judged the patient up to `as_of_ms`.
    pub fn listed(Alarm { occurrence, silenced }: Alarm, as_of_ms: i64) -> Self {
        Self {
            rule: occurrence.rule.to_string(),
            id: occurrence.id,
            priority: occurrence.priority.into(),
            text: occurrence.text,
            since_ms: occurrence.onset_ms,
            ended_ms: occurrence.cleared_ms,
            acknowledged_by: occurrence.acknowledged.map(|acknowledged| acknowledged.by),
            silenced_until_ms: silenced.as_ref().map(|silence| silence.until_ms),
            silenced_by: silenced.map(|silence| silence.by),
            as_of_ms,
        }
    }
}
