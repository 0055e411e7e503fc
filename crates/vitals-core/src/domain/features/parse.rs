//! Parser of one JSON object that reports all invalid fields. It allocates only for errors.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{FEATURE_COUNT, FEATURES, Feature, Features, FieldError, FieldProblem};

/// Maximum number of reported errors. It bounds the response to a body full of unknown fields.
const MAX_ERRORS: usize = 32;

/// A JSON value parsed as features: the features, or all invalid fields.
///
/// Deserialisation fails only if the input is malformed JSON.
#[derive(Debug)]
pub struct FeaturesJson(pub Result<Features, Vec<FieldError>>);

impl<'de> Deserialize<'de> for FeaturesJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor).map(Self)
    }
}

/// The fields of an object, collected in the order sent.
#[derive(Default)]
struct Collected {
    values: [f64; FEATURE_COUNT],
    seen: [bool; FEATURE_COUNT],
    errors: Vec<FieldError>,
}

impl Collected {
    fn fail(&mut self, field: &str, problem: FieldProblem) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(FieldError::new(field, problem));
        }
    }

    fn collect(&mut self, index: usize, value: RawValue) {
        let feature = &FEATURES[index];
        // A repeated field is an error even if both values are equal.
        if std::mem::replace(&mut self.seen[index], true) {
            return self.fail(feature.name, FieldProblem::Repeated);
        }
        match value {
            RawValue::Number(number) => match feature.check(number) {
                Ok(value) => self.values[index] = value,
                Err(problem) => self.fail(feature.name, problem),
            },
            RawValue::Other(kind) => self.fail(feature.name, FieldProblem::NotANumber(kind)),
        }
    }

    fn finish(mut self) -> Result<Features, Vec<FieldError>> {
        // Missing fields last, in catalog order.
        for (feature, seen) in FEATURES.iter().zip(self.seen) {
            if !seen {
                self.fail(feature.name, FieldProblem::Missing);
            }
        }
        if self.errors.is_empty() { Ok(Features(self.values)) } else { Err(self.errors) }
    }
}

fn not_an_object(kind: &'static str) -> Result<Features, Vec<FieldError>> {
    Err(vec![FieldError::new("body", FieldProblem::NotAnObject(kind))])
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Result<Features, Vec<FieldError>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the eight features")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut collected = Collected::default();
        while let Some(key) = map.next_key::<Key>()? {
            match key {
                Key::Feature(index) => {
                    let value = map.next_value()?;
                    collected.collect(index, value);
                }
                // Parsed anyway, so that malformed JSON is reported as such.
                Key::Unknown(name) => {
                    map.next_value::<IgnoredAny>()?;
                    collected.fail(&name, FieldProblem::Unknown);
                }
            }
        }
        Ok(collected.finish())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(not_an_object("an array"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Self::Value, E> {
        Ok(not_an_object("text"))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Ok(not_an_object("a number"))
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Self::Value, E> {
        Ok(not_an_object("a number"))
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Self::Value, E> {
        Ok(not_an_object("a number"))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Self::Value, E> {
        Ok(not_an_object("true or false"))
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(not_an_object("null"))
    }
}

/// A field name: the index of a feature, or an unknown name.
enum Key {
    Feature(usize),
    Unknown(String),
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl Visitor<'_> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a field name")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Key, E> {
                Ok(Feature::position(name)
                    .map_or_else(|| Key::Unknown(name.to_owned()), Key::Feature))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// A field's value: a number, or the name of another type.
#[derive(Clone, Copy)]
enum RawValue {
    Number(f64),
    Other(&'static str),
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawValueVisitor)
    }
}

struct RawValueVisitor;

impl<'de> Visitor<'de> for RawValueVisitor {
    type Value = RawValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value as f64))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<RawValue, E> {
        Ok(RawValue::Other("true or false"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<RawValue, E> {
        Ok(RawValue::Other("text"))
    }

    fn visit_unit<E: Error>(self) -> Result<RawValue, E> {
        Ok(RawValue::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<RawValue, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(RawValue::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawValue, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(RawValue::Other("an object"))
    }
}
