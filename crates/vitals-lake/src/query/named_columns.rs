//! The text and time columns of a batch, by name.

use std::collections::HashMap;

use anyhow::Context as _;
use arrow::{
    array::{Array as _, ArrayRef, AsArray as _, RecordBatch},
    datatypes::{DataType, Int64Type},
};

use crate::columns::column;

/// The text and time columns of a batch.
pub(super) struct NamedColumns(HashMap<&'static str, ArrayRef>);

impl NamedColumns {
    /// The columns `texts` and `times` of `batch`.
    ///
    /// # Errors
    /// When one is missing or of another type.
    pub(super) fn new(
        batch: &RecordBatch,
        texts: &[&'static str],
        times: &[&'static str],
    ) -> anyhow::Result<Self> {
        let mut columns = HashMap::new();
        for (names, kind) in [(texts, DataType::Utf8), (times, DataType::Int64)] {
            for name in names {
                columns.insert(*name, column(batch, name, &kind)?);
            }
        }
        Ok(Self(columns))
    }

    /// A text; `None` if it is null.
    pub(super) fn text(&self, name: &str, row: usize) -> Option<&str> {
        let texts = self.0.get(name)?.as_string::<i32>();
        texts.is_valid(row).then(|| texts.value(row))
    }

    /// A text that is never null.
    ///
    /// # Errors
    /// When it is.
    pub(super) fn required(&self, name: &str, row: usize) -> anyhow::Result<&str> {
        self.text(name, row).with_context(|| format!("column {name} is null"))
    }

    /// A time, ms since the epoch; `None` if it is null.
    pub(super) fn time(&self, name: &str, row: usize) -> Option<i64> {
        let times = self.0.get(name)?.as_primitive::<Int64Type>();
        times.is_valid(row).then(|| times.value(row) / 1000)
    }

    /// A time that is never null.
    ///
    /// # Errors
    /// When it is.
    pub(super) fn required_time(&self, name: &str, row: usize) -> anyhow::Result<i64> {
        self.time(name, row).with_context(|| format!("column {name} is null"))
    }
}
