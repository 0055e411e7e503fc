//! Any message becomes exactly one row, with times that readers of the lake can represent.

use arrow::datatypes::TimestampMicrosecondType;
use proptest::{collection::vec, option, prelude::*};
use vitals_core::domain::decode::MAX_TIME_MS;

use super::*;
use crate::rows::message::TimeType;

const FEEDS: [Feed; 6] = [
    Feed::Vitals,
    Feed::Predictions,
    Feed::PatientContext,
    Feed::Alerts,
    Feed::ModelEvents,
    Feed::Activity,
];

const T: i64 = 1_763_812_800_123;

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        Just(i64::MIN),
        Just(i64::MAX),
        Just(-1),
        Just(0),
        Just(T / 1000),
        Just(T * 1000),
        Just(T * 1_000_000),
        Just(MAX_TIME_MS),
        Just(MAX_TIME_MS + 1),
        any::<i64>(),
        Just(T),
    ]
}

/// A message of one of the topics with this time, valid if the time is.
fn json(topic: usize, time_ms: i64) -> String {
    let digest = "0123456789abcdef".repeat(4);
    match topic {
        0 => format!(r#"{{"patient_id":"p","timestamp":{time_ms},"spo2":97}}"#),
        1 => format!(
            r#"{{"patient_id":"p","admitted_ms":{time_ms},"discharged_ms":{time_ms},
            "spo2":{{"scale":2,"by":"N","at_ms":{time_ms},"reason":""}}}}"#
        ),
        2 => format!(
            r#"{{"id":"p/news2/1/raised/9","occurrence_id":"p/news2/1","patient_id":"p","rule":"news2",
            "priority":"high","kind":"raised","at_ms":{time_ms},"onset_ms":{time_ms},
            "silenced_until_ms":{time_ms},"text":"NEWS2 8"}}"#
        ),
        3 => format!(
            r#"{{"event_id":"e","time":{time_ms},"step":"trained","model":"m","model_version":"v",
            "digest":"{digest}","who":"w","why":""}}"#
        ),
        _ => format!(
            r#"{{"version":1,"event_id":"e","time":{time_ms},"address":"192.0.2.1","action":"viewed",
            "view":"ward","from":{time_ms},"to":{time_ms}}}"#
        ),
    }
}

fn payload() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec(any::<u8>(), 0..200),
        (0..5_usize, time()).prop_map(|(topic, time_ms)| json(topic, time_ms).into_bytes()),
    ]
}

proptest! {
    #[test]
    fn any_message_is_one_row(
        payload in option::weighted(0.9, payload()),
        key in option::of(vec(any::<u8>(), 0..9)),
        time_ms in time(),
    ) {
        for feed in FEEDS {
            let mut encoder = RowEncoder::new(feed, DecodeOptions::default());
            encoder.set_log(0, LogId::new("c", 1));
            let position =
                MessagePosition { partition: 0, offset: 7, time_ms, time_type: TimeType::Create };
            let (key, payload) = (key.as_deref(), payload.as_deref());
            let message = KafkaMessage { position, key, payload, headers: Vec::new() };
            let _verdict = encoder.push(&message);
            let taken = encoder.take().unwrap();
            let [EncodedRows { rows, .. }] = &taken[..] else { panic!("{feed:?}: {taken:?}") };
            prop_assert_eq!(rows.num_rows(), 1);
            for column in rows.columns() {
                let Some(times) = column.as_primitive_opt::<TimestampMicrosecondType>() else {
                    continue;
                };
                let range = 0..=MAX_TIME_MS * 1000;
                prop_assert!(times.iter().flatten().all(|us| range.contains(&us)), "{rows:?}");
            }
        }
    }

    #[test]
    fn a_time_of_any_topic_is_stored_as_sent_or_rejected(topic in 0..5_usize, time_ms in time()) {
        let feed = [
            Feed::Vitals, Feed::PatientContext, Feed::Alerts, Feed::ModelEvents, Feed::Activity,
        ][topic];
        let payload = json(topic, time_ms);
        let position =
            MessagePosition { partition: 0, offset: 7, time_ms: T, time_type: TimeType::Create };
        let payload = Some(payload.as_bytes());
        let message = KafkaMessage { position, key: Some(b"p"), payload, headers: Vec::new() };
        let mut encoder = RowEncoder::new(feed, DecodeOptions::default());
        let verdict = encoder.push(&message);
        // A number below 1e11 is in seconds in a reading only.
        let is_possible = (1..=MAX_TIME_MS).contains(&time_ms);
        if time_ms != 0 {
            prop_assert_eq!(verdict.is_ok(), is_possible, "{:?}: {:?}", feed, verdict);
        }
    }
}
