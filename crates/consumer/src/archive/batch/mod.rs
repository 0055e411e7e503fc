//! A batch: the rows and offset ranges that one commit stores.
//!
//! ```text
//!  polling thread                    encoder thread                  storage task
//!  builder ── EncoderInput::Rows ──▶ encoder: Arrow to Parquet
//!          ── EncoderInput::End ───▶ + finished files ── Batch ──▶ PendingBatch
//! ```
//!
//! The encoder works on a batch while it is still being filled, so a batch is held as Arrow
//! columns only in small parts, and the next batch is encoded while the previous one is stored.

mod builder;
mod recent_mean;
mod batch_size;
mod parquet_encoder;
mod model;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use self::{
    builder::BatchBuilder,
    model::{Batch, CoveredRange, EncoderInput, PendingBatch, RejectedMessage},
    parquet_encoder::{Encoder, run_encoder},
};
