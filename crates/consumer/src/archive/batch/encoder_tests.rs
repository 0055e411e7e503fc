use std::{collections::BTreeMap, time::Instant};

use arrow::{array::AsArray as _, datatypes::Int64Type};
use deltalake::writer::{DeltaWriter as _, RecordBatchWriter};
use serde_json::Value;
use vitals_core::{domain::decode::TimeLimits, runtime::config::LakeSettings};
use vitals_lake::{
    schema::{REJECTED, VITALS},
    table::Lake,
};

use super::*;
use crate::{
    archive::{
        batch::{builder::BatchBuilder, model::Span},
        sink::commit_plan::plan,
        source::epochs::Epochs,
    },
    feed::Feed,
    rows::row_encoder::{Message, MessagePosition},
};

const TIME: i64 = 1_763_812_800_123;

/// Readings at the even offsets of partition 3 before `end`, rejected messages at the odd ones.
fn pieces(end: i64) -> Vec<EncoderInput> {
    let mut rows = BatchBuilder::new(Feed::Vitals, TimeLimits::default());
    rows.set_log(3, "c1".to_owned()).unwrap();
    for offset in 0..end {
        let patient =
            format!("patient-{:03}-{}", offset % 7, "é".repeat(20 + 30 * (offset as usize % 2)));
        let time = TIME + offset * 1000;
        let vital = if offset % 2 == 0 { 97 } else { 101 };
        let json = format!(
            r#"{{"patient_id":"{patient}","timestamp":{time},"spo2":{vital},"sequence":{offset}}}"#
        );
        let place = MessagePosition { partition: 3, offset, time_ms: time };
        let message = Message { key: None, payload: Some(json.as_bytes()) };
        rows.push(place, message, Instant::now()).unwrap();
    }
    rows.end().unwrap().unwrap();
    rows.pieces().collect()
}

fn encode(pieces: &[EncoderInput]) -> Vec<DataFile> {
    let mut encoder = Encoder::new(&VITALS).unwrap();
    for piece in pieces {
        if let EncoderInput::Rows { rejected, rows } = piece {
            encoder.add(*rejected, rows).unwrap();
        }
    }
    encoder.finish().unwrap()
}

fn offsets(file: &DataFile) -> Vec<i64> {
    let batches = ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone()).unwrap();
    let mut offsets = Vec::new();
    for batch in batches.build().unwrap() {
        let batch = batch.unwrap();
        let column = batch.column_by_name("kafka_offset").unwrap();
        offsets.extend_from_slice(column.as_primitive::<Int64Type>().values());
    }
    offsets
}

#[test]
fn readings_and_rejected_messages_are_files_of_their_own() {
    let files = encode(&pieces(11));
    let found: Vec<_> =
        files.iter().map(|file| (file.rejected, file.rows, offsets(file))).collect();
    let expected = [(false, 6, vec![0, 2, 4, 6, 8, 10]), (true, 5, vec![1, 3, 5, 7, 9])];
    assert_eq!(found, expected);
}

#[test]
fn what_is_trimmed_is_encoded_anew() {
    let epochs = Epochs::default();
    let epoch = epochs.begin(3, "c1".to_owned());
    let spans = BTreeMap::from([(3, Span { epoch, start: 0, end: 11 })]);
    let plan = plan(&spans, false, &BTreeMap::from([(3, 6)]), &epochs);
    let files = trim(&encode(&pieces(11)), &plan, &VITALS).unwrap();
    let found: Vec<_> = files.iter().map(|file| (file.rejected, offsets(file))).collect();
    assert_eq!(found, [(false, vec![6, 8, 10]), (true, vec![7, 9])]);
    let stats: Value = serde_json::from_str(&files[0].stats).unwrap();
    assert_eq!(stats["minValues"]["kafka_offset"], 6);
    assert_eq!(stats["numRecords"], 3);
}

/// The library's own writer keeps its statistics private; here it says what they have to be.
#[tokio::test]
async fn statistics_are_those_of_the_library() {
    let dir = tempfile::tempdir().unwrap();
    let url = dir.path().join("lake").display().to_string();
    let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
    let table = lake.open_or_create(&VITALS).await.unwrap();
    let pieces = pieces(50);
    for (piece, ours) in pieces.iter().zip(encode(&pieces)) {
        let EncoderInput::Rows { rejected, rows } = piece else { panic!("not rows") };
        let mut writer = RecordBatchWriter::for_table(&table).unwrap();
        let values = [(REJECTED.to_owned(), (*rejected).into())].into_iter().collect();
        let mode = deltalake::writer::WriteMode::Default;
        writer.write_partition(rows.clone(), &values, mode).await.unwrap();
        let theirs = writer.flush().await.unwrap();
        let mut theirs: Value = serde_json::from_str(theirs[0].stats.as_ref().unwrap()).unwrap();
        let ours: Value = serde_json::from_str(&ours.stats).unwrap();
        for bound in ["minValues", "maxValues"] {
            // Ours are cut where a character ends, theirs may be whole.
            let take =
                |stats: &mut Value| stats[bound].as_object_mut().unwrap().remove("patient_id");
            let mut ours = ours.clone();
            if let (Some(ours), Some(theirs)) = (take(&mut ours), take(&mut theirs)) {
                let (ours, theirs) = (ours.as_str().unwrap(), theirs.as_str().unwrap());
                assert!(if bound == "minValues" { ours <= theirs } else { ours >= theirs });
            }
            assert_eq!(ours[bound], theirs[bound]);
        }
        assert_eq!(ours["numRecords"], theirs["numRecords"]);
        assert_eq!(ours["nullCount"], theirs["nullCount"]);
    }
}

#[test]
fn texts_in_statistics_are_short_and_still_bounds() {
    let stats: Value = serde_json::from_str(&encode(&pieces(50))[0].stats).unwrap();
    let bound = |name: &str| stats[name]["patient_id"].as_str().unwrap().to_owned();
    let (least, most) = (bound("minValues"), bound("maxValues"));
    assert!(least.len() <= 64 && most.len() <= 64, "{least} {most}");
    assert!(least.starts_with("patient-000-é"), "{least}");
    assert!(most.as_str() > "patient-006-é", "{most}");
}
