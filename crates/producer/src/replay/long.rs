//! Joins the lines of a table with one value per row.

use std::{collections::HashMap, sync::Arc};

use super::{pressures::Pressures, reader::Rows, row::Row};

/// The rows of a long table by patient and time.
#[derive(Debug, Default)]
pub(super) struct Joined {
    places: HashMap<(Arc<str>, i64), usize>,
    /// Pressures of each row. Their source is chosen when all are known.
    pressures: Vec<Pressures>,
}

impl Joined {
    /// Adds the value of a line to the row of its patient and time.
    pub(super) fn push(&mut self, row: Row, pressures: &Pressures, rows: &mut Rows) {
        let key = (Arc::clone(&row.patient_id), row.time_ms);
        let is_new = !self.places.contains_key(&key);
        let place = *self.places.entry(key).or_insert(rows.rows.len());
        if is_new {
            rows.rows.push(row);
            self.pressures.push(Pressures::default());
        } else {
            rows.joined += 1;
            rows.rows[place].merge(&row);
        }
        self.pressures[place].merge(pressures);
    }

    /// Sets the pressures of every row, and drops the rows that have none and no other value.
    pub(super) fn finish(self, rows: &mut Rows) {
        for (row, pressures) in rows.rows.iter_mut().zip(self.pressures) {
            // Only now every line of the row is known, and with it the source that is complete.
            pressures.apply(&mut row.vitals);
        }
        let before = rows.rows.len();
        rows.rows.retain(Row::has_value);
        rows.skipped += (before - rows.rows.len()) as u64;
    }
}
