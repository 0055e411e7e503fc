//! The alarms of the watch.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;
use vitals_core::domain::watch::{Alarm, Priority};

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
