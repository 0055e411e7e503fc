//! Acknowledgement, silence, escalation and listing.

use super::*;
use AlertKind::{Acknowledged, Cleared, Escalated, Raised, SilenceEnded, Silenced};

const HR: Rule = Rule::Limit(Vital::HeartRate, Side::High);
const RR: Rule = Rule::Limit(Vital::RespiratoryRate, Side::High);
const CRITICAL: &[(Vital, f64)] = &[(Vital::HeartRate, 160.0), (Vital::RespiratoryRate, 40.0)];
const WELL: &[(Vital, f64)] = &[(Vital::HeartRate, 80.0), (Vital::RespiratoryRate, 14.0)];

impl Bed {
    /// Sends `values` every second in `seconds`.
    fn every_second(&mut self, seconds: std::ops::Range<i64>, values: &[(Vital, f64)]) {
        for second in seconds {
            self.send(T + second * SECOND, values);
        }
    }

    fn act(&mut self, second: i64, act: Act) {
        let at_ms = T + second * SECOND;
        let action = WardAction { patient_id: "p".into(), by: "nurse".into(), at_ms, act };
        action.validate().unwrap();
        self.watch.apply_action(&action, at_ms, &mut self.events);
    }

    fn acknowledge(&mut self, second: i64, rule: Rule) {
        let alarms = self.watch.alarms();
        let alarm = alarms.iter().find(|alarm| alarm.occurrence.rule == rule).unwrap();
        let occurrence_id = alarm.occurrence.id.clone();
        self.act(second, Act::Acknowledge { occurrence_id });
    }

    /// The events of one rule since the last call, with the seconds since the start.
    fn of(&mut self, rule: Rule) -> Vec<(AlertKind, i64)> {
        let events = self.take().into_iter().filter(|event| event.1 == rule.to_string());
        events.map(|event| (event.0, event.3 / SECOND)).collect()
    }

    fn listed(&self) -> Vec<(Rule, bool)> {
        let alarms = self.watch.alarms().into_iter();
        alarms
            .map(|Alarm { occurrence, .. }| (occurrence.rule, occurrence.cleared_ms.is_some()))
            .collect()
    }
}

#[test]
fn a_high_alarm_escalates_unless_it_is_acknowledged() {
    let mut bed = Bed::new();
    bed.every_second(0..30, CRITICAL);
    bed.acknowledge(30, RR);
    bed.every_second(30..300, CRITICAL);
    let events = std::mem::take(&mut bed.events);
    let escalated: Vec<_> = events
        .iter()
        .filter(|event| event.kind == Escalated)
        .map(|event| (event.rule, (event.at_ms - T) / SECOND))
        .collect();
    assert_eq!(escalated, [(HR, 130)], "raised as high after 10 s, and 120 s unacknowledged");
}

#[test]
fn a_high_alarm_stays_listed_after_its_end_until_it_is_acknowledged() {
    let mut bed = Bed::new();
    bed.every_second(0..30, CRITICAL);
    bed.acknowledge(30, RR);
    bed.every_second(30..60, WELL);
    assert_eq!(bed.listed(), [(HR, true)]);
    // A second episode is an occurrence of its own.
    bed.every_second(60..80, CRITICAL);
    let ended = bed.listed().into_iter().filter(|(rule, ended)| *rule == HR && *ended).count();
    assert_eq!((bed.listed().len(), ended), (3, 1));
    assert_eq!(bed.watch.alarm_count(), 3, "the ended one is listed, too");
    bed.take();
    bed.acknowledge(80, RR);
    let first = bed.watch.alarms().into_iter().find(|alarm| alarm.occurrence.cleared_ms.is_some());
    let occurrence_id = first.unwrap().occurrence.id;
    bed.act(81, Act::Acknowledge { occurrence_id: occurrence_id.clone() });
    bed.act(82, Act::Acknowledge { occurrence_id });
    assert_eq!(bed.of(HR), [(Acknowledged, 81)], "once, whatever is sent again");
    assert_eq!(bed.listed().len(), 2);
}

#[test]
fn a_silence_covers_one_rule_until_its_end() {
    let mut bed = Bed::new();
    bed.every_second(0..30, CRITICAL);
    bed.take();
    bed.act(30, Act::Silence { rule: HR, until_ms: T + 200 * SECOND });
    let silenced: Vec<_> = bed
        .watch
        .alarms()
        .into_iter()
        .filter(|alarm| alarm.silenced.is_some())
        .map(|alarm| alarm.occurrence.rule)
        .collect();
    assert_eq!(silenced, [HR]);
    bed.every_second(30..300, CRITICAL);
    let events = std::mem::take(&mut bed.events);
    let of = |rule: Rule| {
        let events = events.iter().filter(move |event| event.rule == rule);
        events.map(|event| (event.kind, (event.at_ms - T) / SECOND)).collect::<Vec<_>>()
    };
    assert_eq!(of(HR), [(Silenced, 30), (SilenceEnded, 200), (Escalated, 200)]);
    assert_eq!(of(RR), [(Escalated, 135)]);
    assert_eq!(bed.watch.status().silences, []);
}

#[test]
fn a_clock_ahead_stretches_no_silence_and_blocks_no_later_one() {
    for ahead_ms in [60 * MINUTE, 365 * 24 * 60 * MINUTE, i64::MAX - T - 2 * MAX_SILENCE_MS] {
        let mut bed = Bed::new();
        bed.every_second(0..30, CRITICAL);
        let act = |until_ms| Act::Silence { rule: HR, until_ms };
        let at_ms = T + 30 * SECOND + ahead_ms;
        let ahead = WardAction {
            patient_id: "p".into(),
            by: "nurse".into(),
            at_ms,
            act: act(at_ms + MAX_SILENCE_MS),
        };
        ahead.validate().unwrap();
        for _ in 0..2 {
            bed.watch.apply_action(&ahead, T + 30 * SECOND, &mut bed.events);
        }
        let events = bed.of(HR);
        assert_eq!(events.iter().filter(|(kind, _)| *kind == Silenced).count(), 1, "applied once");
        let silences = bed.watch.status().silences;
        assert_eq!(silences[0].until_ms, T + 30 * SECOND + MAX_SILENCE_MS, "{ahead_ms}");
        bed.act(40, act(T + 100 * SECOND));
        assert_eq!(bed.watch.status().silences[0].until_ms, T + 100 * SECOND, "{ahead_ms}");
    }
}

#[test]
fn a_silence_ends_when_the_priority_rises() {
    let mut bed = Bed::new();
    bed.every_second(0..30, &[(Vital::HeartRate, 130.0)]);
    bed.act(30, Act::Silence { rule: HR, until_ms: T + 900 * SECOND });
    bed.every_second(30..60, &[(Vital::HeartRate, 160.0)]);
    assert!(bed.watch.alarms()[0].silenced.is_none());
}

#[test]
fn an_alarm_that_is_raised_under_a_silence_names_its_end() {
    let mut bed = Bed::new();
    bed.every_second(0..5, WELL);
    bed.act(5, Act::Silence { rule: HR, until_ms: T + 100 * SECOND });
    bed.every_second(5..30, CRITICAL);
    let raised = bed.events.iter().find(|event| event.rule == HR && event.kind == Raised).unwrap();
    assert_eq!(raised.silenced_until_ms, Some(T + 100 * SECOND));
    let other = bed.events.iter().find(|event| event.rule == RR && event.kind == Raised).unwrap();
    assert_eq!(other.silenced_until_ms, None);
}

#[test]
fn an_action_for_another_patient_has_no_effect() {
    let mut bed = Bed::new();
    bed.every_second(0..30, CRITICAL);
    let before = bed.watch.status();
    let act = Act::Silence { rule: HR, until_ms: T + 200 * SECOND };
    let action = WardAction { patient_id: "q".into(), by: "nurse".into(), at_ms: T, act };
    bed.watch.apply_action(&action, T + 30 * SECOND, &mut bed.events);
    assert_eq!(bed.watch.status(), before);
}

#[test]
fn a_new_stay_ends_the_alarms_of_the_earlier_one() {
    let mut bed = Bed::new();
    bed.every_second(0..30, CRITICAL);
    bed.act(30, Act::Silence { rule: HR, until_ms: T + 900 * SECOND });
    bed.take();
    let admitted_ms = T + 40 * SECOND;
    let context = PatientContext { admitted_ms: Some(admitted_ms), ..Default::default() };
    bed.watch.apply_context(Some(&context), admitted_ms, &mut bed.events);
    assert_eq!(bed.of(HR), [(Cleared, 40)]);
    assert_eq!((bed.listed(), bed.watch.status().silences), (vec![], vec![]));
    bed.every_second(41..50, WELL);
    bed.advance(T + 50 * SECOND);
    assert_eq!(bed.take(), []);
}

#[test]
fn actions_are_read_back_and_checked() {
    let text = r#"{"patient_id":"p","by":"n","at_ms":5,"action":"silence","rule":"limit.spo2.low","until_ms":9}"#;
    let action = WardAction::parse(text.as_bytes()).unwrap();
    let rule = Rule::Limit(Vital::Spo2, Side::Low);
    assert_eq!(action.act, Act::Silence { rule, until_ms: 9 });
    assert_eq!(serde_json::to_string(&action).unwrap(), text);
    let refused = [
        r#"{"patient_id":"p","by":"n","at_ms":5,"action":"silence","rule":"limit","until_ms":9}"#,
        r#"{"patient_id":"p","by":"n","at_ms":5,"action":"silence","rule":"news2","until_ms":5}"#,
        r#"{"patient_id":"p","by":"n","at_ms":5,"action":"silence","rule":"news2","until_ms":43200006}"#,
        r#"{"patient_id":"p","by":" ","at_ms":5,"action":"acknowledge","occurrence_id":"x"}"#,
        r#"{"patient_id":"","by":"n","at_ms":5,"action":"acknowledge","occurrence_id":"x"}"#,
        r#"{"patient_id":"p","by":"n","at_ms":5,"action":"note","occurrence_id":"x","text":""}"#,
        r#"{"patient_id":"p","by":"n","at_ms":5,"action":"dance"}"#,
    ];
    for text in refused {
        assert!(WardAction::parse(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn an_acknowledgement_covers_no_later_rise() {
    let mut bed = Bed::new();
    bed.every_second(0..30, &[(Vital::HeartRate, 130.0)]);
    bed.acknowledge(30, HR);
    bed.every_second(30..200, &[(Vital::HeartRate, 160.0)]);
    assert!(bed.watch.alarms()[0].occurrence.acknowledged.is_none());
    assert!(bed.of(HR).iter().any(|(kind, _)| *kind == Escalated));
    bed.every_second(200..260, WELL);
    assert!(bed.listed().contains(&(HR, true)));
}

#[test]
fn a_high_alarm_that_ends_by_way_of_medium_stays_listed() {
    let mut bed = Bed::new();
    bed.every_second(0..30, &[(Vital::HeartRate, 160.0)]);
    bed.every_second(30..90, &[(Vital::HeartRate, 130.0)]);
    assert_eq!(bed.watch.alarms()[0].occurrence.priority, Priority::Medium);
    bed.every_second(90..150, WELL);
    assert_eq!(bed.listed(), [(HR, true)]);
}

#[test]
fn a_silence_of_a_medium_alarm_covers_no_high_one() {
    let mut bed = Bed::new();
    bed.every_second(0..30, &[(Vital::HeartRate, 130.0)]);
    bed.act(30, Act::Silence { rule: HR, until_ms: T + 900 * SECOND });
    bed.every_second(30..120, WELL);
    bed.take();
    bed.every_second(120..150, &[(Vital::HeartRate, 160.0)]);
    let raised = bed.events.iter().find(|event| event.rule == HR && event.kind == Raised).unwrap();
    assert_eq!((raised.priority, raised.silenced_until_ms), (Priority::High, None));
}

#[test]
fn an_action_of_an_earlier_stay_has_no_effect() {
    let mut bed = Bed::new();
    bed.every_second(0..5, WELL);
    let admitted_ms = Some(T + 60 * SECOND);
    let context = PatientContext { admitted_ms, ..PatientContext::default() };
    bed.watch.apply_context(Some(&context), T + 60 * SECOND, &mut bed.events);
    bed.act(30, Act::Silence { rule: HR, until_ms: T + 900 * SECOND });
    assert_eq!(bed.watch.status().silences, []);
    bed.act(70, Act::Silence { rule: HR, until_ms: T + 900 * SECOND });
    assert_eq!(bed.watch.status().silences.len(), 1);
}

#[test]
fn a_patient_who_leaves_takes_every_alarm_along() {
    let mut bed = Bed::new();
    bed.every_second(0..30, CRITICAL);
    bed.take();
    bed.watch.leave(&mut bed.events);
    let cleared = bed.events.iter().filter(|event| event.kind == Cleared);
    assert!(cleared.clone().any(|event| event.rule == HR));
    assert!(cleared.clone().any(|event| event.rule == RR));
    assert_eq!(bed.listed(), []);
}

#[test]
fn time_never_moves_back() {
    let mut bed = Bed::new();
    bed.every_second(0..30, &[(Vital::HeartRate, 160.0)]);
    bed.act(30, Act::Silence { rule: HR, until_ms: T + 900 * SECOND });
    bed.every_second(30..100, &[(Vital::HeartRate, 160.0)]);
    bed.advance(T + 300 * SECOND);
    // The escalation, which the silence had postponed, was due long before.
    bed.act(300, Act::Unsilence { rule: HR });
    bed.advance(T + 301 * SECOND);
    let times: Vec<i64> = bed.events.iter().map(|event| event.at_ms).collect();
    assert!(times.is_sorted(), "{:#?}", bed.events);
    let no_data = bed.events.iter().filter(|event| event.rule == Rule::NoData).count();
    assert_eq!(no_data, 1);
}
