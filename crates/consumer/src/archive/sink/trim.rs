//! The rows of a batch that a commit keeps, when the lake has the others already.

use parquet::{arrow::arrow_reader::ParquetRecordBatchReaderBuilder, errors::Result};
use vitals_lake::{
    append::DataFile,
    schema::{Table, conform},
};

use super::commit_plan::Plan;
use crate::archive::batch::Encoder;

/// Encodes the rows of `files` that `plan` keeps into new files.
///
/// # Errors
/// When a file can't be read or its rows don't fit the table, which would be a bug.
pub(crate) fn trim(
    files: &[DataFile],
    plan: &Plan,
    table: &'static Table,
) -> Result<Vec<DataFile>> {
    let mut encoder = Encoder::new(table)?;
    let schema = table.file_schema();
    for file in files {
        for rows in ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone())?.build()? {
            // A file of an earlier release lacks the columns that were added since.
            let rows = conform(&rows?, &schema)?;
            encoder.add(file.rejected, &plan.filter(&rows)?)?;
        }
    }
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parquet::arrow::ArrowWriter;
    use serde_json::Value;
    use vitals_core::domain::{log_id::LogId, offset_range::OffsetRange};
    use vitals_lake::schema::VITALS;

    use super::*;
    use crate::{
        archive::{
            batch::{
                CoveredRange,
                testing::{encode, gap, offsets, rows},
            },
            epochs::Epochs,
            sink::commit_plan::plan,
        },
        rows::EncodedRows,
    };

    /// Trims the files of `rows`, which cover the offsets 0 to 10, for a table at `position`.
    fn trimmed(rows: &[EncodedRows], position: i64) -> Vec<DataFile> {
        let epochs = Epochs::default();
        let epoch = epochs.begin(3, LogId::new("c1", 1));
        let range = CoveredRange { epoch, offsets: OffsetRange { start: 0, end: 11 } };
        let positions = BTreeMap::from([(3, position)]);
        let plan = plan(&BTreeMap::from([(3, range)]), false, &positions, &epochs);
        trim(&encode(rows), &plan, &VITALS).unwrap()
    }

    #[test]
    fn a_row_that_stands_for_several_offsets_keeps_those_that_are_missing() {
        for (position, expected) in [(0, vec![0]), (6, vec![6]), (10, vec![10]), (11, vec![])] {
            let found: Vec<i64> = trimmed(&gap(0, 11), position).iter().flat_map(offsets).collect();
            assert_eq!(found, expected, "the table is at {position}");
        }
    }

    #[test]
    fn trimmed_files_have_only_the_missing_rows() {
        let files = trimmed(&rows(11), 6);
        let found: Vec<_> = files.iter().map(|file| (file.rejected, offsets(file))).collect();
        assert_eq!(found, [(false, vec![6, 8, 10]), (true, vec![7, 9])]);
        let stats: Value = serde_json::from_str(&files[0].stats).unwrap();
        assert_eq!(stats["minValues"]["kafka_offset"], 6);
        assert_eq!(stats["numRecords"], 3);
    }

    #[test]
    fn files_of_an_earlier_release_are_trimmed_to_files_of_this_one() {
        // The files without the columns that were added later.
        let rows = rows(11);
        let mut old = Vec::new();
        for part in &rows {
            let fields = part.rows.schema();
            let kept = (0..fields.fields().len()).filter(|index| {
                let name = fields.field(*index).name().as_str();
                !["refused", "extra", "kafka_key", "kafka_headers", "kafka_time_type"]
                    .contains(&name)
            });
            let kept = part.rows.project(&kept.collect::<Vec<_>>()).unwrap();
            let mut writer = ArrowWriter::try_new(Vec::new(), kept.schema(), None).unwrap();
            writer.write(&kept).unwrap();
            let metadata = writer.finish().unwrap();
            let bytes = std::mem::take(writer.inner_mut()).into();
            old.push(DataFile::new(&VITALS, part.rejected, bytes, &metadata));
        }
        let epochs = Epochs::default();
        let epoch = epochs.begin(3, LogId::new("c1", 1));
        let range = CoveredRange { epoch, offsets: OffsetRange { start: 0, end: 11 } };
        let plan = plan(&BTreeMap::from([(3, range)]), false, &BTreeMap::from([(3, 6)]), &epochs);
        let files = trim(&old, &plan, &VITALS).unwrap();
        let found: Vec<_> = files.iter().map(|file| (file.rejected, offsets(file))).collect();
        assert_eq!(found, [(false, vec![6, 8, 10]), (true, vec![7, 9])]);
    }
}
