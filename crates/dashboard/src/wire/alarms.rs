//! The alarms of the watch: those that are listed, and those of the lake in `GET /api/alarms`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use vitals_core::domain::watch::{Alarm, Priority};
use vitals_lake::query;

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

/// An alarm that is listed: under way, or high and not acknowledged after its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct AlarmState {
    /// Id of the occurrence.
    pub id: String,
    /// The rule, such as `limit.spo2.low`.
    pub rule: String,
    /// The present priority.
    #[ts(inline)]
    pub priority: AlarmPriority,
    /// The condition in words, such as `HR 134 > 120`.
    pub text: String,
    /// Arrival of the reading with which the condition became true.
    pub since_ms: i64,
    /// End of the condition.
    pub ended_ms: Option<i64>,
    /// The person who has acknowledged it.
    pub acknowledged_by: Option<String>,
    /// End of the silence under which it is.
    pub silenced_until_ms: Option<i64>,
    /// The person who has silenced it.
    pub silenced_by: Option<String>,
}

/// An alarm of the past, or one that is still under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct AlarmRecord {
    /// Id of the occurrence.
    pub id: String,
    /// The rule, such as `limit.spo2.low`.
    pub rule: String,
    /// The highest priority that it had.
    #[ts(inline)]
    pub priority: AlarmPriority,
    /// The condition in words, such as `HR 134 > 120`, when it first had that priority.
    pub text: String,
    /// Arrival of the reading with which the condition became true.
    pub since_ms: i64,
    /// End of the condition; `null` if none is archived.
    pub ended_ms: Option<i64>,
    /// The person who acknowledged it.
    pub acknowledged_by: Option<String>,
    /// The last person who silenced it for a time.
    pub silenced_by: Option<String>,
}

/// The alarms of a patient with an onset in a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct AlarmHistory {
    /// The patient's id.
    pub patient_id: String,
    /// Start of the requested period, inclusive.
    pub from_ms: i64,
    /// End of the requested period, exclusive.
    pub to_ms: i64,
    /// The alarms, newest first.
    pub alarms: Vec<AlarmRecord>,
    /// False if there are older alarms that the response leaves out.
    pub complete: bool,
}

impl From<query::AlarmRecord> for AlarmRecord {
    fn from(record: query::AlarmRecord) -> Self {
        Self {
            id: record.id,
            rule: record.rule,
            priority: record.priority.into(),
            text: record.text,
            since_ms: record.onset_ms,
            ended_ms: record.ended_ms,
            acknowledged_by: record.acknowledged_by,
            silenced_by: record.silenced_by,
        }
    }
}

impl From<Alarm> for AlarmState {
    fn from(Alarm { occurrence, silenced }: Alarm) -> Self {
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
        }
    }
}
