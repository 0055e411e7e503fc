//! The printed comparison.

use std::fmt::Write as _;

use jiff::Timestamp;
use serde_json::json;
use vitals_core::domain::watch::Priority;

use super::trial::Outcome;
use crate::watch::burden::{Alarm, Burden};

/// Missed events that are listed.
const LISTED: usize = 20;

/// Both burdens side by side, and the missed events.
pub(super) fn text(outcome: &Outcome, readings: usize) -> String {
    let Outcome { today, other, events, missed } = outcome;
    let mut text = format!("{readings} readings, {:.2} patient-days\n\n", today.patient_days);
    let _ = writeln!(text, "{:<26}{:>10}{:>10}", "", "today", "what if");
    for (name, value) in ROWS {
        let _ = writeln!(text, "{name:<26}{:>10}{:>10}", value(today), value(other));
    }
    let _ = writeln!(
        text,
        "\nmissed: {} of today's {events} medium and high alarms have no such alarm beside them",
        missed.len()
    );
    for alarm in missed.iter().take(LISTED) {
        let _ = writeln!(text, "  {}", line(alarm));
    }
    if missed.len() > LISTED {
        let _ = writeln!(text, "  and {} more", missed.len() - LISTED);
    }
    text
}

/// The same as JSON, with every missed event.
pub(super) fn json(outcome: &Outcome) -> serde_json::Result<String> {
    let missed = outcome.missed.iter().map(|alarm| {
        json!({
            "patient_id": alarm.patient_id, "rule": alarm.rule, "priority": alarm.priority,
            "onset_ms": alarm.onset_ms, "cleared_ms": alarm.cleared_ms, "text": alarm.text,
        })
    });
    let value = json!({
        "today": outcome.today, "what_if": outcome.other, "events": outcome.events,
        "missed": missed.collect::<Vec<_>>(),
    });
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// A row of the table: its name, and the value of a burden.
type Row = (&'static str, fn(&Burden) -> String);

const ROWS: [Row; 8] = [
    ("alarms", |burden| burden.alarms.to_string()),
    ("alarms per patient-day", |burden| number(burden.alarms_per_patient_day)),
    ("  high", |burden| count(burden, Priority::High)),
    ("  medium", |burden| count(burden, Priority::Medium)),
    ("  low", |burden| count(burden, Priority::Low)),
    ("  technical", |burden| count(burden, Priority::Technical)),
    ("ended within their delay", |burden| percent(burden.short_share)),
    ("most frequent rule", |burden| {
        let most = burden.top_rules.first();
        most.map_or_else(|| "-".to_owned(), |most| most.rule.replace("limit.", ""))
    }),
];

fn count(burden: &Burden, priority: Priority) -> String {
    burden.by_priority.get(&priority).copied().unwrap_or(0).to_string()
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
}

fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{:.0} %", value * 100.0))
}

fn line(alarm: &Alarm) -> String {
    let time = Timestamp::from_millisecond(alarm.onset_ms);
    let time = time.map_or_else(|_| "?".to_owned(), |time| time.to_string());
    let length = match alarm.cleared_ms {
        Some(cleared_ms) => format!("for {} s", cleared_ms.saturating_sub(alarm.onset_ms) / 1000),
        None => "to the end".to_owned(),
    };
    format!("{time} {} {} ({}) {length}", alarm.patient_id, alarm.text, alarm.rule)
}
