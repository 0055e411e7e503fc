//! The fields of a message as sent, before any check.
//!
//! Parsing accepts a value of any type in every known field, so that a wrong type or a damaged value
//! is reported with its field; the only parse error is malformed JSON.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

pub(crate) use super::raw_value::RawValue;
use super::verdict::ExtraField;
use crate::domain::vital::{VITAL_COUNT, VITALS};

/// Indices of the fields that are not vitals.
pub(crate) const PATIENT_ID: usize = VITAL_COUNT;
pub(crate) const TIMESTAMP: usize = VITAL_COUNT + 1;
pub(crate) const SUPPLEMENTAL_OXYGEN: usize = VITAL_COUNT + 2;
pub(crate) const CONSCIOUSNESS: usize = VITAL_COUNT + 3;
pub(crate) const DEVICE_ID: usize = VITAL_COUNT + 4;
pub(crate) const SEQUENCE: usize = VITAL_COUNT + 5;
pub(crate) const WARD: usize = VITAL_COUNT + 6;
pub(crate) const BED: usize = VITAL_COUNT + 7;

/// Number of fields of a reading.
pub(crate) const FIELD_COUNT: usize = VITAL_COUNT + 8;

/// The name of field `index`, in the order of the contract: the vitals first.
pub(crate) const fn field_name(index: usize) -> &'static str {
    match index {
        PATIENT_ID => "patient_id",
        TIMESTAMP => "timestamp",
        SUPPLEMENTAL_OXYGEN => "supplemental_oxygen",
        CONSCIOUSNESS => "consciousness",
        DEVICE_ID => "device_id",
        SEQUENCE => "sequence",
        WARD => "ward",
        BED => "bed",
        vital => VITALS[vital].name(),
    }
}

/// A parsed message.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would cost an allocation per message")]
pub(crate) enum RawMessage<'a> {
    /// A JSON object.
    Object(RawFields<'a>),
    /// Any other JSON value, by its type.
    Other(&'static str),
}

impl RawMessage<'_> {
    pub(crate) fn into_owned(self) -> RawMessage<'static> {
        match self {
            Self::Object(fields) => RawMessage::Object(fields.into_owned()),
            Self::Other(kind) => RawMessage::Other(kind),
        }
    }
}

/// The fields of a JSON object.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RawFields<'a> {
    pub(crate) values: [RawValue<'a>; FIELD_COUNT],
    /// Set for a message that the fast scan would leave to the parser.
    pub(crate) odd: Option<Box<Odd<'a>>>,
}

/// The oddities of a message.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Odd<'a> {
    /// Further values of fields that are repeated with different ones.
    pub(crate) repeated: Vec<(usize, RawValue<'a>)>,
    /// Unknown fields.
    pub(crate) unknown: Vec<ExtraField>,
    /// The message is an array with this object alone.
    pub(crate) in_array: bool,
}

impl<'a> RawFields<'a> {
    fn odd(&mut self) -> &mut Odd<'a> {
        self.odd.get_or_insert_default()
    }

    fn insert(&mut self, index: usize, value: RawValue<'a>) {
        let known = &mut self.values[index];
        if *known == RawValue::Absent {
            *known = value;
        } else if *known != value {
            self.odd().repeated.push((index, value));
        }
    }

    /// Marks the texts in which characters were replaced, because their bytes were not UTF-8: what
    /// is left of an id may be another id.
    pub(super) fn mark_replaced(&mut self) {
        for value in &mut self.values {
            if let RawValue::Text(text) = value
                && text.contains(char::REPLACEMENT_CHARACTER)
            {
                *value = RawValue::Damaged(std::mem::take(text));
            }
        }
    }

    pub(crate) fn into_owned(self) -> RawFields<'static> {
        let odd = self.odd.map(|odd| {
            let repeated = odd.repeated.into_iter().map(|(at, value)| (at, value.into_owned()));
            let Odd { unknown, in_array, .. } = *odd;
            Box::new(Odd { repeated: repeated.collect(), unknown, in_array })
        });
        RawFields { values: self.values.map(RawValue::into_owned), odd }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawMessage<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawMessageVisitor)
    }
}

struct RawMessageVisitor;

/// Visitor methods for top-level values that are not objects.
macro_rules! other {
    ($($method:ident: $type:ty => $kind:literal),* $(,)?) => {$(
        fn $method<E: de::Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok(RawMessage::Other($kind))
        }
    )*};
}

impl<'de> Visitor<'de> for RawMessageVisitor {
    type Value = RawMessage<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    other! {
        visit_bool: bool => "a boolean", visit_i64: i64 => "a number", visit_u64: u64 => "a number",
        visit_f64: f64 => "a number", visit_str: &str => "a string",
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(RawMessage::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let first = seq.next_element::<RawMessage<'de>>()?;
        let mut is_alone = true;
        while seq.next_element::<IgnoredAny>()?.is_some() {
            is_alone = false;
        }
        let Some(RawMessage::Object(mut fields)) = first else {
            return Ok(RawMessage::Other("an array"));
        };
        // An array in an array is not unwrapped.
        if !is_alone || std::mem::replace(&mut fields.odd().in_array, true) {
            return Ok(RawMessage::Other("an array"));
        }
        Ok(RawMessage::Object(fields))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = RawFields::default();
        while let Some(key) = map.next_key()? {
            match key {
                Key::Known(index) => {
                    // Parsed alone, so that a value without a meaning costs its own field only.
                    let json: &serde_json::value::RawValue = map.next_value()?;
                    fields.insert(index, RawValue::from_json(json.get()));
                }
                Key::Unknown(name) => {
                    // Kept as it was sent, so that a new field of a device is archived unchanged.
                    let value: Box<serde_json::value::RawValue> = map.next_value()?;
                    let json = value.get().to_owned();
                    fields.odd().unknown.push(ExtraField { name, json });
                }
            }
        }
        Ok(RawMessage::Object(fields))
    }
}

/// A field name.
pub(super) enum Key {
    /// The index of a known field.
    Known(usize),
    Unknown(String),
}

impl Key {
    pub(super) fn into_name(self) -> String {
        match self {
            Self::Known(index) => field_name(index).to_owned(),
            Self::Unknown(name) => name,
        }
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As bytes: a name with half a surrogate pair is no text, but it costs no other field.
        deserializer.deserialize_bytes(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_bytes<E: de::Error>(self, name: &[u8]) -> Result<Key, E> {
        let known = (0..FIELD_COUNT).find(|index| field_name(*index).as_bytes() == name);
        let unknown = || Key::Unknown(String::from_utf8_lossy(name).into_owned());
        Ok(known.map_or_else(unknown, Key::Known))
    }
}
