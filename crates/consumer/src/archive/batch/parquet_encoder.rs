//! Rows to Parquet files in memory.

use arrow::{array::RecordBatch, datatypes::SchemaRef};
use parquet::{arrow::ArrowWriter, errors::Result, file::properties::WriterProperties};
use tokio::sync::mpsc::{Receiver, Sender};
use vitals_lake::{
    append::DataFile,
    encoding::{FileKind, writer_properties},
    schema::Table,
};

use super::model::{Batch, EncoderInput};

/// Encoded bytes from which a row group is complete. The readings of a batch are one row group; large
/// rejected messages, which are in memory as pages and in the file's buffer, are several.
const ROW_GROUP_BYTES: usize = 8 << 20;

/// Runs the encoder thread until its channel is closed.
///
/// # Errors
/// When rows don't fit the table, which would be a bug.
pub(crate) fn run_encoder(
    mut inputs: Receiver<EncoderInput>,
    batches: &Sender<Batch>,
    table: &'static Table,
) -> anyhow::Result<()> {
    let mut encoder = Encoder::new(table)?;
    while let Some(input) = inputs.blocking_recv() {
        match input {
            EncoderInput::Rows(rows) => encoder.add(rows.rejected, &rows.rows)?,
            EncoderInput::End(batch) => {
                let batch = Batch { files: encoder.finish()?, ..batch };
                // The storage task outlives this thread unless it failed.
                if batches.blocking_send(batch).is_err() {
                    anyhow::bail!("the storage task ended");
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
    /// The files being written: valid messages, rejected messages.
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

    /// Adds rows to the file of valid messages or to that of rejected messages.
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
        writer.write(rows)?;
        if writer.in_progress_size() >= ROW_GROUP_BYTES {
            writer.flush()?;
        }
        Ok(())
    }

    /// Finishes the open files. Further rows start new ones.
    pub(crate) fn finish(&mut self) -> Result<Vec<DataFile>> {
        let mut files = Vec::new();
        for (rejected, open) in [false, true].into_iter().zip(&mut self.open) {
            let Some(mut writer) = open.take() else { continue };
            let metadata = writer.finish()?;
            // Trimming may leave a file without rows.
            if metadata.file_metadata().num_rows() > 0 {
                let bytes = std::mem::take(writer.inner_mut()).into();
                files.push(DataFile::new(self.table, rejected, bytes, &metadata));
            }
        }
        Ok(files)
    }
}

#[cfg(test)]
#[path = "parquet_encoder_tests.rs"]
mod tests;
