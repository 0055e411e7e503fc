//! Fast path for an array of valid rows.
//!
//! It stops at the first field that is not a feature with a number in range, and leaves error
//! reporting to [`parse`](super::parse). sonic-rs skips nested values by unlimited recursion, even
//! those of an unexpected type; therefore every value is requested with `deserialize_any`, whose
//! visitors refuse an object or array before entering it.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{FEATURE_COUNT, FEATURES, Feature, Features};

/// Parses an array of objects; `None` if it is empty or anything is invalid.
pub(super) fn rows(json: &[u8]) -> Option<Vec<Features>> {
    let rows = sonic_rs::from_slice::<Rows>(json).ok()?.0;
    if rows.is_empty() { None } else { Some(rows) }
}

struct Row(Features);

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut values = [0.0; FEATURE_COUNT];
        let mut seen = 0_u32;
        let mut next = 0;
        while let Some(index) = map.next_key_seed(Position { next })? {
            let Number(value) = map.next_value()?;
            values[index] = FEATURES[index].check(value).map_err(Error::custom)?;
            seen |= 1 << index;
            // One field too many: it is unknown or repeated.
            next += 1;
            if next > FEATURE_COUNT {
                break;
            }
        }
        // Eight fields, and every feature seen: none is missing or repeated.
        if next == FEATURE_COUNT && seen == (1 << FEATURE_COUNT) - 1 {
            Ok(Row(Features(values)))
        } else {
            Err(Error::custom("a field is missing or repeated"))
        }
    }
}

struct Rows(Vec<Features>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RowsVisitor)
    }
}

struct RowsVisitor;

impl<'de> Visitor<'de> for RowsVisitor {
    type Value = Rows;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Rows, A::Error> {
        let mut rows = Vec::new();
        while let Some(Row(features)) = seq.next_element()? {
            rows.push(features);
        }
        Ok(Rows(rows))
    }
}

/// The position of a feature name. `next` is tried first, because most senders keep the order.
struct Position {
    next: usize,
}

impl<'de> DeserializeSeed<'de> for Position {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Position {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        match FEATURES.get(self.next) {
            Some(feature) if feature.name == name => Ok(self.next),
            _ => Feature::position(name).ok_or_else(|| Error::custom("unknown feature")),
        }
    }
}

struct Number(f64);

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value as f64))
    }
}
