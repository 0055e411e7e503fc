//! From the message to the alarm: each message is decoded as the consumer does, then judged.

use super::*;
use crate::domain::{
    bedside::{Purpose, chosen, known_score},
    decode::{DecodeOptions, decode},
    news2::{Band, Part, Score},
};
use AlertKind::Raised;
use Priority::{High, Technical};

impl Bed {
    /// Sends the `fields` of a message once a second for `seconds`, at the time of sending.
    fn play(&mut self, seconds: std::ops::Range<i64>, fields: &str) {
        for second in seconds {
            self.message(T + second * SECOND, second, fields);
        }
    }

    fn message(&mut self, at_ms: i64, sequence: i64, fields: &str) {
        let message =
            format!(r#"{{"patient_id":"p","timestamp":{at_ms},"sequence":{sequence},{fields}}}"#);
        let decoded = decode(message.as_bytes(), Some(at_ms), &DecodeOptions::default()).unwrap();
        self.watch.apply_reading(&decoded, at_ms, &mut self.events);
    }

    fn admit(&mut self, context: &str) {
        let context = PatientContext::parse(context.as_bytes()).unwrap();
        self.watch.apply_context(Some(&context), T - SECOND, &mut self.events);
    }

    fn score(&self, second: i64) -> Score {
        known_score(self.watch.bedside(), T + second * SECOND).unwrap()
    }

    /// Rule, priority and text of the alarms that were raised.
    fn raised(&mut self) -> Vec<(String, Priority, String)> {
        let raised = self.take().into_iter().filter(|event| event.0 == Raised);
        raised.map(|(_, rule, priority, _, text)| (rule, priority, text)).collect()
    }
}

#[test]
fn pressures_of_zero_are_not_measured() {
    for zeros in [
        r#""systolic":0,"diastolic":0"#,
        r#""systolic":0,"diastolic":0,"mean_pressure":0"#,
        r#""systolic":0.0,"diastolic":"0""#,
        r#""mean_pressure":0"#,
    ] {
        let mut bed = Bed::new();
        bed.play(0..120, &format!(r#""heart_rate":62,"spo2":96,{zeros}"#));
        assert_eq!(bed.raised(), [], "{zeros}");
        let score = bed.score(119);
        assert_eq!((score.part(Part::Systolic), score.part(Part::Pulse)), (None, Some(0)));
    }
}

#[test]
fn the_flush_of_an_arterial_line_costs_no_other_signal() {
    let mut bed = Bed::new();
    bed.play(0..30, r#""heart_rate":62,"spo2":96,"systolic":124,"diastolic":66"#);
    bed.play(30..52, r#""heart_rate":62,"spo2":96,"systolic":300,"diastolic":300"#);
    bed.play(52..90, r#""heart_rate":63,"spo2":96,"systolic":122,"diastolic":65"#);
    let rules: Vec<_> = bed.raised().into_iter().map(|(rule, ..)| rule).collect();
    assert!(rules.iter().all(|rule| rule == "technical.refused_field"), "{rules:?}");
    assert_eq!(bed.score(89).part(Part::Systolic), Some(0));
}

#[test]
fn a_certain_high_score_is_an_alarm_although_parts_are_missing() {
    let mut bed = Bed::new();
    bed.play(0..180, r#""heart_rate":140,"spo2":85,"respiratory_rate":30,"systolic":85"#);
    let of_score = bed.events.iter().find(|event| event.rule == Rule::News2).unwrap();
    assert_eq!(of_score.at_ms, T + 15 * SECOND, "no later than a single vital");
    let raised = bed.raised();
    let score = raised.iter().find(|(rule, ..)| rule == "news2").unwrap();
    assert_eq!(
        (score.1, score.2.as_str()),
        (High, "NEWS2 at least 12: RR 3, SpO2 3, systolic 3, HR 3")
    );
    assert_eq!(bed.watch.shown_band(), Some(Band::High));
    // The nurse's round completes the score of the same occurrence.
    let round = r#""consciousness":"A","supplemental_oxygen":true,"temperature":36.8"#;
    bed.play(180..240, round);
    assert_eq!(bed.score(239).total(), Some(14));
    assert_eq!(bed.raised(), []);
    assert_eq!(bed.watch.shown_band(), Some(Band::High));
}

#[test]
fn a_certain_high_band_is_displayed_with_its_alarm() {
    let mut bed = Bed::new();
    bed.play(0..300, r#""heart_rate":72,"spo2":97,"respiratory_rate":16,"systolic":120"#);
    let ill = r#""heart_rate":140,"spo2":85,"respiratory_rate":30,"systolic":85"#;
    // A short excursion changes neither.
    bed.play(300..310, ill);
    bed.play(310..400, r#""heart_rate":72,"spo2":97,"respiratory_rate":16,"systolic":120"#);
    assert_eq!(bed.watch.shown_band(), Some(Band::Low));
    bed.take();
    bed.play(400..415, ill);
    assert_eq!(bed.watch.shown_band(), Some(Band::Low));
    assert!(bed.raised().iter().all(|(rule, ..)| rule != "news2"));
    bed.play(415..416, ill);
    assert_eq!(bed.watch.shown_band(), Some(Band::High));
    assert!(bed.raised().iter().any(|(rule, priority, _)| rule == "news2" && *priority == High));
}

#[test]
fn a_saturation_as_a_fraction_is_doubted_and_neither_scored_nor_a_desaturation() {
    for fraction in ["0.97", "1", "0.5", "\"0.97\""] {
        let mut bed = Bed::new();
        bed.play(
            0..120,
            &format!(r#""heart_rate":72,"spo2":{fraction},"respiratory_rate":16,"systolic":120"#),
        );
        assert_eq!(bed.raised(), [], "{fraction}");
        assert_eq!(bed.score(119).part(Part::Spo2), None, "{fraction}");
        let shown = chosen(bed.watch.bedside(), Vital::Spo2, Purpose::Display).unwrap();
        assert!(shown.value.flagged, "{fraction}");
    }
}

#[test]
fn scale_2_counts_by_prescription_only() {
    let prescribed = r#"{"patient_id":"p","spo2":{"scale":2,"by":"Dr Lee","reason":"COPD","at_ms":1763812000000}}"#;
    // Saturation, oxygen, totals on scale 1 and 2.
    for (spo2, oxygen, on_1, on_2) in
        [(90, true, 5, 2), (97, true, 2, 5), (97, false, 0, 0), (83, false, 3, 3)]
    {
        for (context, expected) in [(None, on_1), (Some(prescribed), on_2)] {
            let mut bed = Bed::new();
            if let Some(context) = context {
                bed.admit(context);
            }
            let fields = format!(
                r#""spo2":{spo2},"supplemental_oxygen":{oxygen},"respiratory_rate":18,"systolic":124,"heart_rate":84,"temperature":36.9,"consciousness":"A""#
            );
            bed.play(0..180, &fields);
            assert_eq!(bed.score(179).total(), Some(expected), "{spo2} {oxygen} {context:?}");
            let low = bed.raised().into_iter().any(|(rule, ..)| rule == "limit.spo2.low");
            assert_eq!(low, spo2 < 86, "{spo2} {oxygen} {context:?}");
        }
    }
}

#[test]
fn children_and_pregnant_patients_have_no_score_and_children_have_limits_by_age() {
    let baby = r#"{"patient_id":"p","birth_date":"2025-08-20"}"#;
    let well = r#""heart_rate":150,"respiratory_rate":40,"spo2":98,"systolic":85,"temperature":37.0,"consciousness":"A","supplemental_oxygen":false"#;
    let slow = r#""heart_rate":62,"respiratory_rate":16,"spo2":96,"systolic":96,"temperature":37.0,"consciousness":"A","supplemental_oxygen":false"#;
    let mut bed = Bed::new();
    bed.admit(baby);
    bed.play(0..180, well);
    assert_eq!(bed.raised(), []);
    assert_eq!(bed.watch.shown_band(), None);
    let mut bed = Bed::new();
    bed.admit(baby);
    bed.play(0..180, slow);
    let rules: Vec<_> =
        bed.raised().into_iter().map(|(rule, priority, _)| (rule, priority)).collect();
    let low = |vital: &str| (format!("limit.{vital}.low"), High);
    assert_eq!(rules, [low("heart_rate"), low("respiratory_rate")]);

    let mut bed = Bed::new();
    bed.admit(r#"{"patient_id":"p","pregnant":true}"#);
    bed.play(0..180, r#""heart_rate":115,"respiratory_rate":23,"spo2":95,"systolic":95"#);
    assert_eq!(bed.raised(), []);
    assert_eq!(bed.watch.shown_band(), None);
}

#[test]
fn doubted_and_lost_values_of_children_are_judged_by_their_age() {
    let baby = r#"{"patient_id":"p","birth_date":"2025-08-20"}"#;
    let of_unknown_age = r#"{"patient_id":"p","age_group":"child"}"#;
    let no_pressure = r#""heart_rate":150,"systolic":0,"diastolic":0"#;
    let no_beat = r#""heart_rate":0,"spo2":97,"respiratory_rate":40"#;
    let pressure = Some("doubted.systolic");
    let cases = [
        // A pressure that is low for an adult, and normal for a baby.
        (baby, r#""heart_rate":150,"systolic":75,"diastolic":45"#, no_pressure, None),
        (baby, r#""heart_rate":150,"systolic":65,"diastolic":35"#, no_pressure, pressure),
        // A rate that is normal for an adult, and slow for a baby.
        (baby, r#""heart_rate":75,"spo2":97,"respiratory_rate":40"#, no_beat, Some("asystole")),
        (baby, r#""heart_rate":90,"spo2":97,"respiratory_rate":40"#, no_beat, None),
        // Too slow at any age.
        (of_unknown_age, r#""spo2":97"#, r#""heart_rate":8,"spo2":97"#, Some("doubted.heart_rate")),
    ];
    for (context, before, after, expected) in cases {
        let mut bed = Bed::new();
        bed.admit(context);
        bed.play(0..30, before);
        bed.take();
        bed.play(30..90, after);
        let raised = bed.raised();
        let high = raised
            .iter()
            .filter(|(rule, priority, _)| *priority == High && !rule.starts_with("limit."));
        let rules: Vec<_> = high.map(|(rule, ..)| rule.as_str()).collect();
        assert_eq!(rules, Vec::from_iter(expected), "{before} {after}");
    }
}

#[test]
fn the_signals_of_a_healthy_child_are_lost_without_a_high_alarm() {
    let mut bed = Bed::new();
    bed.admit(r#"{"patient_id":"p","birth_date":"2025-08-20"}"#);
    bed.play(0..60, r#""heart_rate":150,"pulse":150,"spo2":98,"respiratory_rate":40"#);
    bed.play(60..120, r#""heart_rate":0,"pulse":0,"spo2":0,"respiratory_rate":0"#);
    let lost = ("technical.signals_lost".to_owned(), Technical);
    let raised: Vec<_> =
        bed.raised().into_iter().map(|(rule, priority, _)| (rule, priority)).collect();
    assert_eq!(raised, [lost]);
    // The same after a rate that is slow for the age, though not for an adult.
    let mut bed = Bed::new();
    bed.admit(r#"{"patient_id":"p","birth_date":"2025-08-20"}"#);
    bed.play(0..60, r#""heart_rate":62,"pulse":62,"spo2":97,"respiratory_rate":30"#);
    bed.take();
    bed.play(60..120, r#""heart_rate":0,"pulse":0,"spo2":0,"respiratory_rate":0"#);
    let raised = bed.raised();
    assert_eq!((raised[0].0.as_str(), raised[0].1), ("technical.signals_lost", High));
}

#[test]
fn two_devices_are_one_alarm_with_both_values_and_repeats_count_once() {
    let mut bed = Bed::new();
    for half in 0..120 {
        let (device, rate) = if half % 2 == 0 { ("ecg-1", 80) } else { ("ecg-2", 128) };
        let fields = format!(r#""device_id":"{device}","heart_rate":{rate}"#);
        let at_ms = T + half * 500;
        // Every message is delivered three times.
        for _ in 0..3 {
            bed.message(at_ms, half, &fields);
        }
    }
    let raised = bed.raised();
    let rules: Vec<_> = raised.iter().map(|(rule, ..)| rule.as_str()).collect();
    assert_eq!(rules, ["technical.several_devices", "limit.heart_rate.high"]);
    assert_eq!(raised[0].2, "2 devices: HR 80 (ecg-1), 128 (ecg-2)");
    assert_eq!(raised[1].2, "HR 128 > 120");
    let shown = chosen(bed.watch.bedside(), Vital::HeartRate, Purpose::Display).unwrap();
    assert!((shown.value.value - 128.0).abs() < f64::EPSILON, "the severer value is shown");
}
