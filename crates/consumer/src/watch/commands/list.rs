//! `consumer watch list`.

use clap::Args;
use vitals_core::{
    domain::watch::{Alarm, Priority},
    runtime::config::Settings,
};

use super::ward::{self, Ward, WatchedPatient};

/// Options of `watch list`.
#[derive(Debug, Clone, Args)]
pub struct ListArgs {
    /// The patient [default: every patient]
    pub patient_id: Option<String>,
    /// Print one JSON object per line
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(
    settings: &Settings,
    args: &ListArgs,
    output: &mut impl std::io::Write,
) -> anyhow::Result<()> {
    let ward = ward::read(settings)?;
    for (id, patient, alarm) in alarms(&ward, args.patient_id.as_deref()) {
        if args.json {
            let alarm = serde_json::to_value(alarm)?;
            writeln!(output, "{}", serde_json::json!({ "patient_id": id, "alarm": alarm }))?;
        } else {
            writeln!(output, "{}", line(id, patient, alarm))?;
        }
    }
    Ok(())
}

/// The alarms of one or all patients, most urgent and then newest first.
fn alarms<'a>(ward: &'a Ward, only: Option<&str>) -> Vec<(&'a str, &'a WatchedPatient, &'a Alarm)> {
    let patients = ward.iter().filter(|(id, _)| only.is_none_or(|only| only == id.as_str()));
    let mut alarms: Vec<_> = patients
        .flat_map(|(id, patient)| {
            patient.alarms.iter().map(move |alarm| (id.as_str(), patient, alarm))
        })
        .collect();
    alarms.sort_by_key(|(_, _, alarm)| {
        std::cmp::Reverse((alarm.occurrence.priority, alarm.occurrence.raised_ms))
    });
    alarms
}

fn line(id: &str, patient: &WatchedPatient, alarm: &Alarm) -> String {
    let Alarm { occurrence, silenced } = alarm;
    let place = [&patient.ward, &patient.bed].map(|part| part.as_deref().unwrap_or("-"));
    let mut line = format!(
        "{} {id} {} {} since {}",
        sign(occurrence.priority),
        place.join("/"),
        occurrence.text,
        time(occurrence.onset_ms),
    );
    if let Some(cleared_ms) = occurrence.cleared_ms {
        line += &format!(", ended {}", time(cleared_ms));
    }
    if let Some(acknowledged) = &occurrence.acknowledged {
        line += &format!(", acknowledged by {}", acknowledged.by);
    }
    if let Some(silence) = silenced {
        line += &format!(", silenced until {} by {}", time(silence.until_ms), silence.by);
    }
    format!("{line} [{}]", occurrence.id)
}

const fn sign(priority: Priority) -> &'static str {
    match priority {
        Priority::High => "***",
        Priority::Medium => "** ",
        Priority::Low => "*  ",
        Priority::Technical => "-  ",
    }
}

fn time(time_ms: i64) -> String {
    jiff::Timestamp::from_millisecond(time_ms)
        .map_or_else(|_| "?".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn alarm(rule: &str, priority: &str, text: &str, onset_ms: i64) -> serde_json::Value {
        json!({
            "id": format!("p-1/{rule}/{onset_ms}"), "rule": rule, "priority": priority,
            "onset_ms": onset_ms, "raised_ms": onset_ms + 15_000, "text": text,
        })
    }

    #[test]
    fn the_most_urgent_alarm_is_the_first_line() {
        let at = 1_763_812_800_000_i64;
        let mut acknowledged = alarm("news2", "high", "NEWS2 8", at);
        acknowledged["acknowledged"] = json!({ "by": "Nurse N", "at_ms": at });
        let mut silenced = alarm("limit.spo2.low", "medium", "SpO2 88 < 90", at + 1_000);
        silenced["silenced"] = json!({
            "rule": "limit.spo2.low", "by": "Nurse M", "at_ms": at, "until_ms": at + 600_000
        });
        let technical = alarm("technical.probe_off", "technical", "SpO2 probe off", at);
        let patient = json!({
            "ward": "A3", "bed": "12", "alarms": [technical, silenced, acknowledged]
        });
        let patient: WatchedPatient = serde_json::from_value(patient).unwrap();
        let ward = Ward::from([("p-1".to_owned(), patient)]);
        let lines: Vec<_> = alarms(&ward, None)
            .into_iter()
            .map(|(id, patient, it)| line(id, patient, it))
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        *** p-1 A3/12 NEWS2 8 since 2025-11-22T12:00:00Z, acknowledged by Nurse N [p-1/news2/1763812800000]
        **  p-1 A3/12 SpO2 88 < 90 since 2025-11-22T12:00:01Z, silenced until 2025-11-22T12:10:00Z by Nurse M [p-1/limit.spo2.low/1763812801000]
        -   p-1 A3/12 SpO2 probe off since 2025-11-22T12:00:00Z [p-1/technical.probe_off/1763812800000]
        ");
        assert!(alarms(&ward, Some("p-2")).is_empty());
    }
}
