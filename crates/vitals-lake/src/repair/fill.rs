//! The commit of a repair.

use arrow::array::RecordBatch;
use deltalake::DeltaTable;
use futures::TryStreamExt as _;

use super::{
    inspect::{Inspection, READ_MEMORY_BYTES},
    offsets::Offsets,
    stand_ins::cut,
};
use crate::{
    append::streaming_update,
    lease::Lease,
    replace::{Replaced, Replacement},
    rewrite::{self, Writer},
    table::Lake,
};

/// The size at which a file is split, bytes.
const TARGET_BYTES: u64 = 256 << 20;

/// Adds `rows`, with all columns of the table, in one commit with the removal of the offsets
/// `filled` from the rows that stand for them. Returns false if another writer has changed the
/// files meanwhile; then nothing was committed.
///
/// # Errors
/// When the storage fails or another process has claimed the table. The commit may have succeeded
/// all the same; a further inspection shows it.
pub async fn fill(
    lake: &Lake,
    table: &mut DeltaTable,
    lease: Lease,
    inspection: &Inspection,
    rows: &[RecordBatch],
    filled: &Offsets,
) -> anyhow::Result<bool> {
    let mut writer = Writer::new(table, TARGET_BYTES)?;
    for rows in rows {
        lake.within("write Parquet", writer.write(rows)).await?;
    }
    // A file without a stand-in of these offsets stays as it is.
    let removed = if filled.is_empty() { &[][..] } else { &inspection.files[..] };
    for file in removed {
        let session = rewrite::session(READ_MEMORY_BYTES)?;
        let old = rewrite::rows(&session, table, std::slice::from_ref(file)).await?;
        let mut old = old.execute_stream().await?;
        while let Some(batch) = lake.within("read rows", old.try_next()).await? {
            let kept = cut(&batch, &inspection.log, inspection.partition, filled)?;
            if kept.num_rows() > 0 {
                lake.within("write Parquet", writer.write(&kept)).await?;
            }
        }
    }
    let replacement = Replacement {
        removed,
        added: lake.within("write Parquet", writer.close()).await?,
        data_change: true,
        operation: streaming_update("repair"),
        transactions: Vec::new(),
    };
    Ok(replacement.commit(lake, table, lease).await? == Replaced::Committed)
}
