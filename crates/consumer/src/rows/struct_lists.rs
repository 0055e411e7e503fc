//! A sparse column of lists of structs.

use std::sync::Arc;

use arrow::{
    array::{ArrayRef, ListArray, StructArray},
    buffer::{NullBuffer, OffsetBuffer},
    datatypes::{Field, Fields},
};

use super::kafka_columns::NamedColumn;

/// The lists of the few rows that have one: an ordinary row costs nothing.
pub(super) struct StructLists<T> {
    /// The row of each list, with its length.
    lists: Vec<(usize, usize)>,
    /// The elements of all lists.
    elements: Vec<T>,
}

impl<T> Default for StructLists<T> {
    fn default() -> Self {
        Self { lists: Vec::new(), elements: Vec::new() }
    }
}

impl<T> StructLists<T> {
    /// Adds the list of `row`, unless it is empty.
    pub(super) fn push(&mut self, row: usize, list: impl IntoIterator<Item = T>) {
        let before = self.elements.len();
        self.elements.extend(list);
        let length = self.elements.len() - before;
        if length > 0 {
            self.lists.push((row, length));
        }
    }

    /// The column of `rows` rows; `None` if no row has a list. `columns` turns elements into the
    /// columns of the struct.
    pub(super) fn finish(
        self,
        rows: usize,
        columns: impl Fn(&[T]) -> Vec<NamedColumn>,
    ) -> Option<ArrayRef> {
        // A column without a value is left out: the table reads it as null.
        if self.lists.is_empty() {
            return None;
        }
        // Arrow keeps the elements of all lists in one array and the lists as lengths.
        let mut lengths = vec![0; rows];
        let mut valid = vec![false; rows];
        for (row, length) in self.lists {
            lengths[row] = length;
            valid[row] = true;
        }
        let columns = columns(&self.elements);
        let fields: Fields = columns
            .iter()
            .map(|(name, array)| Field::new(*name, array.data_type().clone(), true))
            .collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let structs = StructArray::new(fields.clone(), arrays, None);
        let element = Field::new("element", arrow::datatypes::DataType::Struct(fields), true);
        Some(Arc::new(ListArray::new(
            Arc::new(element),
            OffsetBuffer::from_lengths(lengths),
            Arc::new(structs),
            Some(NullBuffer::from(valid)),
        )))
    }
}
