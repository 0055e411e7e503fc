//! Rows to Parquet files that no commit names yet.

use deltalake::{
    DeltaTable, DeltaTableError,
    arrow::array::RecordBatch,
    kernel::Add,
    parquet::{
        basic::{Compression, Encoding, ZstdLevel},
        errors::ParquetError,
        file::properties::{EnabledStatistics, WriterProperties},
        schema::types::ColumnPath,
    },
    writer::{DeltaWriter as _, RecordBatchWriter},
};

/// Columns that count up: the difference to the row before is small.
const COUNTING: [&str; 4] = ["time", "sequence", "kafka_offset", "kafka_time"];

/// How the files are encoded. Vitals stay in dictionaries: they are quantised, and that is half
/// the size of splitting their bytes.
fn properties() -> Result<WriterProperties, ParquetError> {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::try_new(1)?))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(concat!("vitals consumer ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_column_bloom_filter_enabled(ColumnPath::from("patient_id"), true);
    for name in COUNTING {
        properties = properties
            .set_column_dictionary_enabled(ColumnPath::from(name), false)
            .set_column_encoding(ColumnPath::from(name), Encoding::DELTA_BINARY_PACKED);
    }
    Ok(properties.build())
}

/// Writes `rows` to new files of `table`.
///
/// # Errors
/// When the storage fails; what was written stays unnamed and is vacuumed later.
pub(crate) async fn write(
    table: &DeltaTable,
    rows: Vec<RecordBatch>,
) -> Result<Vec<Add>, DeltaTableError> {
    let mut writer = RecordBatchWriter::for_table(table)?.with_writer_properties(properties()?);
    for batch in rows {
        writer.write(batch).await?;
    }
    writer.flush().await
}
