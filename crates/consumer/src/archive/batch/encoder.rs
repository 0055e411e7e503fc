//! Rows to Parquet files in memory.
//!
//! The encoding thread takes the rows of a batch while it is still being filled, so that a
//! batch exists as columns only in small pieces, and works on the next batch while the one
//! before it is being stored.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    errors::Result,
    file::properties::WriterProperties,
};
use tokio::sync::mpsc::{Receiver, Sender};
use vitals_lake::{
    append::DataFile,
    encoding::{FileKind, writer_properties},
    schema::Table,
};

use crate::archive::{
    batch::model::{Batch, EncoderInput},
    sink::commit_plan::Plan,
};

/// Runs the encoding thread until no more pieces can come.
///
/// # Errors
/// When rows don't fit the table, which would be a bug.
pub(crate) fn run_encoder(
    mut pieces: Receiver<EncoderInput>,
    batches: &Sender<Batch>,
    table: &'static Table,
) -> anyhow::Result<()> {
    let mut encoder = Encoder::new(table)?;
    while let Some(piece) = pieces.blocking_recv() {
        match piece {
            EncoderInput::Rows { rejected, rows } => encoder.add(rejected, &rows)?,
            EncoderInput::End(batch) => {
                let batch = Batch { files: encoder.finish()?, ..batch };
                // The storing task ends before this thread only when it failed.
                if batches.blocking_send(batch).is_err() {
                    anyhow::bail!("the storing task ended");
                }
            }
        }
    }
    Ok(())
}

/// Encodes rows into one file for each value of the table's partition column.
pub(crate) struct Encoder {
    table: &'static Table,
    schema: SchemaRef,
    properties: WriterProperties,
    /// The files that are being written: readings, rejected messages.
    open: [Option<ArrowWriter<Vec<u8>>>; 2],
}

impl Encoder {
    pub(crate) fn new(table: &'static Table) -> Result<Self> {
        Ok(Self {
            table,
            schema: table.file_schema(),
            properties: writer_properties(FileKind::Appended)?,
            open: [None, None],
        })
    }

    /// Adds rows to the file of readings or to the one of rejected messages.
    pub(crate) fn add(&mut self, rejected: bool, rows: &RecordBatch) -> Result<()> {
        let open = &mut self.open[usize::from(rejected)];
        let writer = match open {
            Some(writer) => writer,
            none => {
                let schema = SchemaRef::clone(&self.schema);
                let properties = Some(self.properties.clone());
                none.insert(ArrowWriter::try_new(Vec::new(), schema, properties)?)
            }
        };
        writer.write(rows)
    }

    /// The finished files; the next rows begin new ones.
    pub(crate) fn finish(&mut self) -> Result<Vec<DataFile>> {
        let mut files = Vec::new();
        for (rejected, open) in [false, true].into_iter().zip(&mut self.open) {
            let Some(mut writer) = open.take() else { continue };
            let metadata = writer.finish()?;
            if metadata.file_metadata().num_rows() > 0 {
                let bytes = std::mem::take(writer.inner_mut()).into();
                files.push(DataFile::new(self.table, rejected, bytes, &metadata));
            }
        }
        Ok(files)
    }
}

/// The rows of `files` of `table` that `plan` keeps, in new files.
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
#[path = "encoder_tests.rs"]
mod tests;
