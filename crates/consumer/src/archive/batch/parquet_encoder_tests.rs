use deltalake::writer::{DeltaWriter as _, RecordBatchWriter, WriteMode};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use vitals_core::runtime::config::LakeSettings;
use vitals_lake::{
    append::DataFile,
    schema::{REJECTED, VITALS},
    table::Lake,
};

use crate::archive::batch::testing::{encode, large_rejected, offsets, rows};

#[test]
fn readings_and_rejected_messages_are_separate_files() {
    let files = encode(&rows(11));
    let found: Vec<_> =
        files.iter().map(|file| (file.rejected, file.rows, offsets(file))).collect();
    let expected = [(false, 6, vec![0, 2, 4, 6, 8, 10]), (true, 5, vec![1, 3, 5, 7, 9])];
    assert_eq!(found, expected);
}

/// Delta's own writer keeps its statistics code private, so its output is the reference.
#[tokio::test]
async fn statistics_match_those_of_the_delta_writer() {
    let dir = tempfile::tempdir().unwrap();
    let url = dir.path().join("lake").display().to_string();
    let lake = Lake::new(&LakeSettings { url, ..LakeSettings::default() }).unwrap();
    let table = lake.open_or_create(&VITALS).await.unwrap();
    let rows = rows(50);
    for (part, ours) in rows.iter().zip(encode(&rows)) {
        // The reference: the same rows through Delta's writer.
        let mut writer = RecordBatchWriter::for_table(&table).unwrap();
        let values = [(REJECTED.to_owned(), part.rejected.into())].into_iter().collect();
        let written = writer.write_partition(part.rows.clone(), &values, WriteMode::Default).await;
        written.unwrap();
        let adds = writer.flush().await.unwrap();
        let mut theirs: Value = serde_json::from_str(adds[0].stats.as_ref().unwrap()).unwrap();

        let mut ours: Value = serde_json::from_str(&ours.stats).unwrap();
        assert_eq!(ours["numRecords"], theirs["numRecords"]);
        assert_eq!(ours["nullCount"], theirs["nullCount"]);

        // Our text bounds are cut at a character boundary; the writer's may be the whole text.
        for bound in ["minValues", "maxValues"] {
            let our_text = take_patient_id(&mut ours, bound);
            let their_text = take_patient_id(&mut theirs, bound);
            if bound == "minValues" {
                assert!(our_text <= their_text, "{our_text:?} {their_text:?}");
            } else {
                assert!(our_text >= their_text, "{our_text:?} {their_text:?}");
            }
            assert_eq!(ours[bound], theirs[bound]);
        }
    }
}

/// Removes the bound of `patient_id`. Files of rejected messages have none.
fn take_patient_id(stats: &mut Value, bound: &str) -> Option<String> {
    let value = stats[bound].as_object_mut().unwrap().remove("patient_id")?;
    Some(value.as_str().unwrap().to_owned())
}

#[test]
fn text_bounds_are_truncated_and_still_bounds() {
    let stats: Value = serde_json::from_str(&encode(&rows(50))[0].stats).unwrap();
    let min = stats["minValues"]["patient_id"].as_str().unwrap();
    let max = stats["maxValues"]["patient_id"].as_str().unwrap();
    assert!(min.len() <= 64 && max.len() <= 64, "{min} {max}");
    assert!(min.starts_with("patient-000-é"), "{min}");
    assert!(max > "patient-006-é", "{max}");
}

#[test]
fn large_rejected_messages_are_several_row_groups() {
    let row_groups = |file: &DataFile| {
        let file = ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone()).unwrap();
        file.metadata().num_row_groups()
    };
    let files = encode(&large_rejected(40));
    assert_eq!(offsets(&files[0]), (0..40).collect::<Vec<_>>());
    assert!(row_groups(&files[0]) > 1, "{} bytes", files[0].bytes.len());
    let stats: Value = serde_json::from_str(&files[0].stats).unwrap();
    assert_eq!(stats["maxValues"]["kafka_offset"], 39);
    assert_eq!(row_groups(&encode(&rows(20_000))[0]), 1);
}
