//! The numbers of a JSON tensor, flat or nested, with the lengths of the arrays that hold them.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};
use vitals_core::{domain::features::FEATURE_COUNT, runtime::config::MAX_ROWS};

/// Maximum number of values of a tensor. It bounds the memory of a body that is full of digits.
const MAX_VALUES: usize = MAX_ROWS * FEATURE_COUNT;

/// Numbers in order, and the shape of the arrays around them.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub(super) values: Vec<f64>,
    /// Length of the arrays at each depth; those of one depth have the same length.
    lengths: Vec<usize>,
}

impl Numbers {
    /// Returns true if the numbers are flat, in row order, or nested as `shape` says.
    pub(super) fn fits(&self, shape: &[u64]) -> bool {
        let lengths = self.lengths.iter().map(|length| *length as u64);
        self.lengths.len() == 1 || lengths.eq(shape.iter().copied())
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut collected = Collected::default();
        deserializer.deserialize_seq(Nested { collected: &mut collected, depth: 0 })?;
        let lengths = collected.lengths.into_iter().map(Option::unwrap_or_default).collect();
        Ok(Self { values: collected.values, lengths })
    }
}

#[derive(Default)]
struct Collected {
    values: Vec<f64>,
    /// Length of the complete arrays at each depth.
    lengths: Vec<Option<usize>>,
}

/// A visitor of one array, and a seed for its elements.
struct Nested<'a> {
    collected: &'a mut Collected,
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Nested<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Nested<'_> {
    fn number<E: Error>(self, value: f64) -> Result<(), E> {
        // Arrays have been opened down to the depth of the numbers, which is the same for all.
        if self.collected.lengths.len() != self.depth {
            return Err(E::custom("numbers and arrays are mixed"));
        }
        if self.collected.values.len() == MAX_VALUES {
            return Err(E::custom(format!("more than {MAX_VALUES} values")));
        }
        self.collected.values.push(value);
        Ok(())
    }
}

impl<'de> Visitor<'de> for Nested<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.number(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.number(value as f64)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.number(value as f64)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if self.collected.lengths.len() == self.depth {
            if !self.collected.values.is_empty() {
                return Err(A::Error::custom("numbers and arrays are mixed"));
            }
            self.collected.lengths.push(None);
        }
        let mut length = 0;
        let depth = self.depth + 1;
        while seq.next_element_seed(Nested { collected: self.collected, depth })?.is_some() {
            length += 1;
        }
        // Arrays of the same depth have the same length: ragged ones have no shape.
        match self.collected.lengths[self.depth].replace(length) {
            Some(other) if other != length => {
                Err(A::Error::custom(format!("nested arrays of {other} and {length} elements")))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Numbers, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn only_flat_numbers_or_those_of_the_shape_fit() {
        for (json, shape, fits) in [
            ("[1,2,3,4]", &[2, 2][..], true),
            ("[[1,2],[3,4]]", &[2, 2], true),
            ("[[1,2,3,4]]", &[2, 2], false),
            ("[[1],[2],[3],[4]]", &[2, 2], false),
            ("[[[1,2],[3,4]]]", &[2, 2], false),
            ("[[1],[2]]", &[2, 1], true),
            ("[[1],[2]]", &[2], false),
            ("[]", &[2, 2], true),
        ] {
            assert_eq!(parse(json).unwrap().fits(shape), fits, "{json} {shape:?}");
        }
    }

    #[test]
    fn ragged_and_mixed_arrays_are_refused() {
        for (json, expected) in [
            ("[[1,2],[3]]", "nested arrays of 2 and 1"),
            ("[[1,2],3]", "mixed"),
            ("[1,[2]]", "mixed"),
            ("[[[1]],[2]]", "mixed"),
            ("[[1],[[2]]]", "mixed"),
            ("[[],[1]]", "nested arrays of 0 and 1"),
            ("[\"1\"]", "invalid type"),
            ("[null]", "invalid type"),
            ("[true]", "invalid type"),
            ("{}", "invalid type"),
            ("5", "invalid type"),
        ] {
            let error = parse(json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }
}
