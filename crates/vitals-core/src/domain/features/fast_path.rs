//! The fast way through a body in which everything is right.
//!
//! It gives up at the first thing that is not a feature with a number in its range, and leaves it
//! to the thorough parser to say what is wrong. sonic-rs skips what is nested without a limit to its
//! recursion, also when it expected something else; so every value is asked for with
//! `deserialize_any`, whose visitors refuse an object or an array before it is entered.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::{FEATURE_COUNT, FEATURES, Feature, Features};

/// One person, or `None` when anything is wrong.
pub(super) fn one(json: &[u8]) -> Option<Features> {
    sonic_rs::from_slice::<Person>(json).ok().map(|person| person.0)
}

/// Persons in an array, or `None` when anything is wrong with any of them, or there is none.
pub(super) fn many(json: &[u8]) -> Option<Vec<Features>> {
    let people = sonic_rs::from_slice::<Persons>(json).ok()?.0;
    (!people.is_empty()).then_some(people)
}

struct Person(Features);

impl<'de> Deserialize<'de> for Person {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PersonVisitor)
    }
}

struct PersonVisitor;

impl<'de> Visitor<'de> for PersonVisitor {
    type Value = Person;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Person, A::Error> {
        let mut values = [0.0; FEATURE_COUNT];
        let mut seen = 0_u32;
        let mut next = 0;
        while let Some(index) = map.next_key_seed(Position { next })? {
            let Number(value) = map.next_value()?;
            values[index] = FEATURES[index].check(value).map_err(Error::custom)?;
            seen |= 1 << index;
            next += 1;
            if next > FEATURE_COUNT {
                break;
            }
        }
        // Eight fields, every one of them there: none twice.
        if next == FEATURE_COUNT && seen == (1 << FEATURE_COUNT) - 1 {
            Ok(Person(Features(values)))
        } else {
            Err(Error::custom("a field is missing or there twice"))
        }
    }
}

struct Persons(Vec<Features>);

impl<'de> Deserialize<'de> for Persons {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PersonsVisitor)
    }
}

struct PersonsVisitor;

impl<'de> Visitor<'de> for PersonsVisitor {
    type Value = Persons;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Persons, A::Error> {
        let mut people = Vec::new();
        while let Some(Person(features)) = seq.next_element()? {
            people.push(features);
        }
        Ok(Persons(people))
    }
}

/// A feature's position by its name; `next` is tried first, most senders keep the order.
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
            _ => Feature::position(name).ok_or_else(|| Error::custom("no feature")),
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
