use super::*;
use crate::rows::message::TimeType;

const LARGE_BYTES: usize = 900_000;
const READING: &str = r#"{"patient_id":"p-1","timestamp":1763812800123,"spo2":97}"#;

fn builder(budget: &MemoryBudget) -> BatchBuilder {
    BatchBuilder::new(Feed::Vitals, DecodeOptions::default(), budget)
}

fn message(payload: Option<&str>) -> KafkaMessage<'_> {
    let position = MessagePosition {
        partition: 0,
        offset: 0,
        time_ms: 1_763_812_800_123,
        time_type: TimeType::Create,
    };
    let payload = payload.map(str::as_bytes);
    KafkaMessage { position, key: None, payload, headers: Vec::new() }
}

/// Adds messages with large keys, and empty payloads that are rejected.
fn push(builder: &mut BatchBuilder, count: usize) {
    let key = vec![b'k'; LARGE_BYTES];
    for _ in 0..count {
        let message = KafkaMessage { key: Some(&key), ..message(Some("")) };
        builder.push(&message, Instant::now()).unwrap();
    }
}

#[test]
fn every_copy_of_keys_and_headers_counts_towards_both_limits() {
    let content = vec![b'x'; LARGE_BYTES];
    let headers = || vec![MessageHeader { key: "".into(), value: Some((&content[..]).into()) }];
    let key = Some(&content[..]);
    let cases = [
        // The row has two columns with the key, the dead letter a third copy.
        ("rejected key", KafkaMessage { key, ..message(Some("")) }, 3),
        ("rejected headers", KafkaMessage { headers: headers(), ..message(Some("")) }, 2),
        ("tombstone", KafkaMessage { key, headers: headers(), ..message(None) }, 3),
        ("reading", KafkaMessage { key, headers: headers(), ..message(Some(READING)) }, 2),
    ];
    for (name, message, copies) in cases {
        let budget = MemoryBudget::new(usize::MAX);
        let mut builder = builder(&budget);
        builder.push(&message, Instant::now()).unwrap();
        let rest = builder.bytes() - copies * LARGE_BYTES;
        assert!(rest <= READING.len(), "{name}: {rest} bytes more");
        assert_eq!(budget.used(), copies * LARGE_BYTES, "{name}");
    }
}

#[test]
fn small_keys_and_headers_of_readings_leave_the_budget_alone() {
    let budget = MemoryBudget::new(usize::MAX);
    let mut builder = builder(&budget);
    let reading = KafkaMessage { key: Some(b"p-1"), ..message(Some(READING)) };
    builder.push(&reading, Instant::now()).unwrap();
    assert_eq!((builder.bytes(), budget.used()), (READING.len() + 3, 0));
}

#[test]
fn the_memory_of_a_batch_is_returned_when_the_batch_is_gone() {
    let budget = MemoryBudget::new(30 * LARGE_BYTES);
    let mut builder = builder(&budget);
    push(&mut builder, 9);
    assert_eq!((builder.bytes(), budget.used()), (27 * LARGE_BYTES, 27 * LARGE_BYTES));
    assert!(!budget.is_exhausted());
    let mean = builder.recent_extra_bytes();
    assert!(mean > LARGE_BYTES / 4, "{mean}");
    let first = builder.end().unwrap().unwrap();
    assert_eq!(builder.recent_extra_bytes(), mean, "of the batch before");
    push(&mut builder, 1);
    assert!(budget.is_exhausted(), "the batch before is still in flight");
    assert_eq!(builder.bytes(), 3 * LARGE_BYTES);
    drop(first);
    assert_eq!(budget.used(), 3 * LARGE_BYTES);
    drop(builder);
    assert_eq!(budget.used(), 0);
}

#[test]
fn large_rejected_messages_are_encoded_while_the_batch_is_filled() {
    let budget = MemoryBudget::new(usize::MAX);
    let mut builder = builder(&budget);
    push(&mut builder, 4);
    assert!(builder.parts().next().is_none());
    push(&mut builder, 1);
    assert_eq!(builder.parts().count(), 1, "the keys of 5 rows exceed 8 MiB");
}

#[test]
fn a_batch_holds_an_eighth_of_the_memory_budget() {
    let budget = MemoryBudget::new(72 * LARGE_BYTES);
    let mut builder = builder(&budget);
    for count in 1..=3 {
        assert!(!builder.has_full_share(), "{} bytes", budget.used());
        push(&mut builder, 1);
        assert_eq!(budget.used(), 3 * count * LARGE_BYTES);
    }
    assert!(builder.has_full_share());
    let first = builder.end().unwrap().unwrap();
    assert!(!builder.has_full_share() && !budget.is_exhausted());
    drop(first);
}
