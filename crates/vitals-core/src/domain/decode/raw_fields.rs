//! The fields of a message as sent, before any check.
//!
//! Parsing accepts a value of any type in every known field, so that a wrong type is reported with
//! its field; the only parse error is malformed JSON.

use std::{borrow::Cow, fmt};

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::vital::{VITAL_COUNT, VITALS};

/// The value of a field, as sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum RawValue<'a> {
    /// The message does not have the field.
    #[default]
    Absent,
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'a, str>),
    Array,
    Object,
}

impl RawValue<'_> {
    /// The JSON type, for error messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }

    /// Returns true if the field is absent or null.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }
}

/// Indices of the fields that are not vitals.
pub(crate) const PATIENT_ID: usize = VITAL_COUNT;
pub(crate) const TIMESTAMP: usize = VITAL_COUNT + 1;
pub(crate) const SUPPLEMENTAL_OXYGEN: usize = VITAL_COUNT + 2;
pub(crate) const CONSCIOUSNESS: usize = VITAL_COUNT + 3;
pub(crate) const DEVICE_ID: usize = VITAL_COUNT + 4;
pub(crate) const SEQUENCE: usize = VITAL_COUNT + 5;
pub(crate) const WARD: usize = VITAL_COUNT + 6;
pub(crate) const BED: usize = VITAL_COUNT + 7;
pub(crate) const FIELD_COUNT: usize = VITAL_COUNT + 8;

/// The name of field `index`.
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

/// The fields of a JSON object.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct RawFields<'a> {
    pub(crate) values: [RawValue<'a>; FIELD_COUNT],
    /// A field given more than once.
    pub(crate) duplicate: Option<usize>,
    /// The number of unknown fields.
    pub(crate) unknown: u32,
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
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(RawMessage::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = RawFields::default();
        while let Some(Key(key)) = map.next_key()? {
            let Some(index) = key else {
                map.next_value::<IgnoredAny>()?;
                fields.unknown += 1;
                continue;
            };
            let value = map.next_value()?;
            if fields.values[index] != RawValue::Absent {
                fields.duplicate = Some(index);
            }
            fields.values[index] = value;
        }
        Ok(RawMessage::Object(fields))
    }
}

/// A field name: the index of a known field, `None` for an unknown one.
struct Key(Option<usize>);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(KeyVisitor)
    }
}

struct KeyVisitor;

impl Visitor<'_> for KeyVisitor {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Key, E> {
        Ok(Key((0..FIELD_COUNT).find(|index| field_name(*index) == name)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for RawValue<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawValueVisitor)
    }
}

struct RawValueVisitor;

impl<'de> Visitor<'de> for RawValueVisitor {
    type Value = RawValue<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(RawValue::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(RawValue::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "beyond i64 only the magnitude matters")]
        let float = value as f64;
        Ok(i64::try_from(value).map_or(RawValue::Float(float), RawValue::Int))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(RawValue::Float(value))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(RawValue::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(RawValue::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(RawValue::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(RawValue::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(RawValue::Object)
    }
}
