//! The rows of a batch that a commit keeps, when the lake has the others already.

use parquet::{arrow::arrow_reader::ParquetRecordBatchReaderBuilder, errors::Result};
use vitals_lake::{append::DataFile, schema::Table};

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
    for file in files {
        for rows in ParquetRecordBatchReaderBuilder::try_new(file.bytes.clone())?.build()? {
            encoder.add(file.rejected, &plan.filter(&rows?)?)?;
        }
    }
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

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
}
