//! The JSON of a reading, before it is judged.
//!
//! Every known field is taken as whatever scalar it is, so that a wrong type is named with its
//! field instead of ending the parse; the only error left to the parser is "not JSON".

use std::{borrow::Cow, fmt};

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::domain::vital::{VITAL_COUNT, VITALS};

/// A field's value as sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Scalar<'a> {
    /// The field is not there.
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

impl Scalar<'_> {
    /// The JSON type, for messages.
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

    /// Whether the field carries nothing.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
    }
}

/// The fields that are no vital.
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
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation a message")]
pub(crate) enum Wire<'a> {
    Object(Fields<'a>),
    /// Some other JSON value, by its type.
    Other(&'static str),
}

/// The fields of a message that is an object.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Fields<'a> {
    pub(crate) values: [Scalar<'a>; FIELD_COUNT],
    pub(crate) duplicate: Option<usize>,
    pub(crate) unknown: u32,
}

impl<'de: 'a, 'a> Deserialize<'de> for Wire<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WireVisitor)
    }
}

struct WireVisitor;

/// What a scalar at the top of a message is.
macro_rules! other {
    ($($method:ident: $type:ty => $kind:literal),* $(,)?) => {$(
        fn $method<E: de::Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Wire::Other($kind))
        }
    )*};
}

impl<'de> Visitor<'de> for WireVisitor {
    type Value = Wire<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    other! {
        visit_bool: bool => "a boolean", visit_i64: i64 => "a number", visit_u64: u64 => "a number",
        visit_f64: f64 => "a number", visit_str: &str => "a string",
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Wire::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Wire::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Fields::default();
        while let Some(Key(key)) = map.next_key()? {
            let Some(index) = key else {
                map.next_value::<IgnoredAny>()?;
                fields.unknown += 1;
                continue;
            };
            let value = map.next_value()?;
            if fields.values[index] != Scalar::Absent {
                fields.duplicate = Some(index);
            }
            fields.values[index] = value;
        }
        Ok(Wire::Object(fields))
    }
}

/// Index of a known field.
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

impl<'de: 'a, 'a> Deserialize<'de> for Scalar<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Int(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "beyond i64 only the size matters")]
        let wide = || Scalar::Float(value as f64);
        Ok(i64::try_from(value).map_or_else(|_| wide(), Scalar::Int))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(value))
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Object)
    }
}
