//! JSON to features in one pass: nothing is allocated unless something is wrong.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{FEATURE_COUNT, FEATURES, Feature, Features, FieldError, FieldProblem};

/// Most field errors that are collected; a body full of unknown fields must not be answered
/// with one twice its size.
const MAX_ERRORS: usize = 32;

/// The outcome of reading one JSON value as features. Deserialising fails only when the input is
/// not JSON; whatever JSON says is either the features or all that is wrong with them.
#[derive(Debug)]
pub struct FeaturesJson(pub Result<Features, Vec<FieldError>>);

impl<'de> Deserialize<'de> for FeaturesJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor).map(Self)
    }
}

/// Fills the eight slots as the fields come.
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

    fn take(&mut self, index: usize, scalar: Scalar) {
        let feature = &FEATURES[index];
        if std::mem::replace(&mut self.seen[index], true) {
            return self.fail(feature.name, FieldProblem::Repeated);
        }
        match scalar {
            Scalar::Number(value) => match feature.check(value) {
                Ok(value) => self.values[index] = value,
                Err(problem) => self.fail(feature.name, problem),
            },
            Scalar::Other(what) => self.fail(feature.name, FieldProblem::NotANumber(what)),
        }
    }

    fn finish(mut self) -> Result<Features, Vec<FieldError>> {
        for (feature, seen) in FEATURES.iter().zip(self.seen) {
            if !seen {
                self.fail(feature.name, FieldProblem::Missing);
            }
        }
        if self.errors.is_empty() { Ok(Features(self.values)) } else { Err(self.errors) }
    }
}

fn not_an_object(what: &'static str) -> Result<Features, Vec<FieldError>> {
    Err(vec![FieldError::new("body", FieldProblem::NotAnObject(what))])
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
                    let scalar = map.next_value()?;
                    collected.take(index, scalar);
                }
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

/// A field's name: one of the eight, or what was sent instead.
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

/// A field's value: a number, or the name of what it is instead.
#[derive(Clone, Copy)]
enum Scalar {
    Number(f64),
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value as f64))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Scalar, E> {
        Ok(Scalar::Other("true or false"))
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Scalar, E> {
        Ok(Scalar::Other("text"))
    }

    fn visit_unit<E: Error>(self) -> Result<Scalar, E> {
        Ok(Scalar::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Other("an object"))
    }
}
