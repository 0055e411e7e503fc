//! A clock that was ahead and was set back.

use serde_json::Value;

use super::*;

const HOUR: i64 = 60 * MINUTE;

const WELL: [(Vital, f64); 3] =
    [(Vital::HeartRate, 70.0), (Vital::Spo2, 97.0), (Vital::RespiratoryRate, 14.0)];

/// A watch whose time is an hour ahead, set back to `T`.
fn set_back() -> Bed {
    let mut bed = Bed::new();
    for second in 0..120 {
        bed.send(T + HOUR - second * SECOND, &WELL);
    }
    assert!(bed.watch.set_back(T));
    bed
}

#[test]
fn delays_pass_after_a_clock_was_set_back() {
    let mut bed = set_back();
    for second in 1..=20 {
        bed.send(T + second * SECOND, &[(Vital::Spo2, 80.0)]);
    }
    let raised = bed.take();
    let rules: Vec<_> = raised.iter().map(|(_, rule, ..)| rule.as_str()).collect();
    assert_eq!(rules, ["limit.spo2.low"], "{raised:?}");
    assert_eq!(raised[0].3, 16 * SECOND);
}

#[test]
fn silence_is_noticed_after_a_clock_was_set_back() {
    let mut bed = set_back();
    bed.send(T + SECOND, &WELL);
    bed.advance(T + 100 * SECOND);
    let raised = bed.take();
    assert_eq!(raised.len(), 1, "{raised:?}");
    assert_eq!((raised[0].1.as_str(), raised[0].3), ("technical.no_data", 91 * SECOND));
}

#[test]
fn a_difference_between_brokers_sets_no_time_back() {
    let mut bed = Bed::new();
    bed.send(T + MAX_SETBACK_MS, &WELL);
    assert!(!bed.watch.set_back(T));
    assert!(bed.watch.set_back(T - 1));
}

/// Every time of the state counts: one that stays ahead would hold back what it belongs to.
#[test]
fn no_time_of_the_state_stays_ahead() {
    let mut bed = Bed::new();
    for second in 0..120 {
        let at_ms = T + HOUR + second * SECOND;
        let mut ill = reading(at_ms, &[(Vital::HeartRate, 140.0), (Vital::Spo2, 0.0)]);
        ill.reading.ward = Some(if second % 2 == 0 { "A3" } else { "ICU" }.into());
        ill.reading.supplemental_oxygen = Some(true);
        ill.refused.push(Refused::new("temperature", Reason::OutOfRange, "120"));
        bed.watch.apply_reading(&ill, at_ms, &mut bed.events);
        bed.watch.note_conflict(Claimed::Bed, "A3 · 1", "q", at_ms, &mut bed.events);
    }
    bed.watch.set_back(T);
    let state = serde_json::to_value(bed.watch.status().state).unwrap();
    let mut ahead = Vec::new();
    find_ahead(&state, "", &mut ahead);
    assert_eq!(ahead, [""; 0], "{state}");
}

/// The paths of times after `T`. The times of an occurrence are parts of its id or its history, and a
/// measurement has the time of its device.
fn find_ahead(value: &Value, path: &str, ahead: &mut Vec<String>) {
    match value {
        Value::Number(number) if number.as_i64().is_some_and(|ms| ms > T) => {
            ahead.push(path.to_owned());
        }
        Value::Array(values) => values.iter().for_each(|it| find_ahead(it, path, ahead)),
        Value::Object(fields) => {
            let kept = ["measured_ms", "raised_ms"];
            let of_occurrence = fields.contains_key("raised_ms");
            for (name, value) in fields {
                let is_kept =
                    kept.contains(&name.as_str()) || (of_occurrence && name == "onset_ms");
                if !is_kept {
                    find_ahead(value, &format!("{path}/{name}"), ahead);
                }
            }
        }
        _ => {}
    }
}
