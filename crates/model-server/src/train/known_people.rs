//! People of other data who are training rows: figures about them flatter a version.

use std::collections::HashSet;

use ndarray::ArrayView2;
use vitals_core::domain::features::FEATURE_COUNT;

use crate::registry::SavedModel;

/// The number of rows whose eight values are those of a training row of the version; NaN is "not
/// measured". A digest recognises a file, but neither a part of it nor other line ends.
#[must_use]
pub fn known_people(saved: &SavedModel, rows: ArrayView2<'_, f64>) -> usize {
    let known: HashSet<[u64; FEATURE_COUNT]> =
        saved.overview.rows().into_iter().map(|row| row.map(bits)).collect();
    let people = rows
        .rows()
        .into_iter()
        .map(|row| std::array::from_fn(|j| bits(row.get(j).copied().unwrap_or(f64::NAN))));
    people.filter(|person| known.contains(person)).count()
}

/// The bits of a value; the same for every NaN, and for zero with either sign.
fn bits(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}
