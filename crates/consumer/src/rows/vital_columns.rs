//! The columns of the vitals.

use std::sync::Arc;

use arrow::{
    array::Float64Array,
    buffer::{BooleanBuffer, NullBuffer},
};
use vitals_core::domain::{
    flags::VitalSet,
    reading::Vitals,
    vital::{VITAL_COUNT, VITALS},
};

use super::kafka_columns::NamedColumn;

/// The values of the vitals, by column, and the vitals that each row has. Arrow's builders would
/// update a bitmap per value.
pub(super) struct VitalColumns {
    values: [Vec<f64>; VITAL_COUNT],
    measured: Vec<VitalSet>,
}

impl VitalColumns {
    /// Empty columns with room for `rows` readings.
    pub(super) fn with_capacity(rows: usize) -> Self {
        Self {
            values: std::array::from_fn(|_| Vec::with_capacity(rows)),
            measured: Vec::with_capacity(rows),
        }
    }

    pub(super) fn push(&mut self, vitals: &Vitals) {
        let mut measured = VitalSet::default();
        for (values, vital) in self.values.iter_mut().zip(VITALS) {
            let value = vitals.get(vital);
            if value.is_some() {
                measured.insert(vital);
            }
            values.push(value.unwrap_or_default());
        }
        self.measured.push(measured);
    }

    pub(super) fn into_columns(self) -> impl Iterator<Item = NamedColumn> {
        let Self { values, measured } = self;
        values.into_iter().zip(VITALS).map(move |(values, vital)| {
            let rows = measured.len();
            let valid = BooleanBuffer::collect_bool(rows, |row| measured[row].contains(vital));
            let nulls = Some(NullBuffer::new(valid)).filter(|nulls| nulls.null_count() > 0);
            let column: NamedColumn =
                (vital.name(), Arc::new(Float64Array::new(values.into(), nulls)));
            column
        })
    }
}

#[cfg(test)]
mod tests {
    use arrow::array::{Array as _, AsArray as _};
    use arrow::datatypes::Float64Type;
    use vitals_core::domain::vital::Vital;

    use super::*;

    #[test]
    fn a_vital_that_was_not_measured_is_null() {
        let mut columns = VitalColumns::with_capacity(0);
        for row in 0..70 {
            let mut vitals = Vitals::default();
            vitals.set(Vital::Spo2, Some(90.0 + f64::from(row % 10)));
            vitals.set(Vital::Temperature, (row % 3 == 0).then_some(36.5));
            columns.push(&vitals);
        }
        let columns: Vec<NamedColumn> = columns.into_columns().collect();
        assert_eq!(columns.len(), VITAL_COUNT);
        for (vital, (name, array)) in VITALS.into_iter().zip(&columns) {
            assert_eq!(*name, vital.name());
            let values: Vec<Option<f64>> = array.as_primitive::<Float64Type>().iter().collect();
            assert_eq!(values.len(), 70);
            for (row, value) in (0..70).zip(values) {
                let expected = match vital {
                    Vital::Spo2 => Some(90.0 + f64::from(row % 10)),
                    Vital::Temperature => (row % 3 == 0).then_some(36.5),
                    _ => None,
                };
                assert_eq!(value, expected, "{name}, row {row}");
            }
        }
        assert_eq!(columns[Vital::Spo2 as usize].1.null_count(), 0);
    }
}
