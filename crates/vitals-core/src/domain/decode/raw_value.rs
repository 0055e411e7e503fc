//! The value of a field as sent, before any check.

use std::{borrow::Cow, fmt};

use serde::de::{
    self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor,
    value::{MapAccessDeserializer, SeqAccessDeserializer},
};
use serde_json::Value;

/// The value of a field, as sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum RawValue<'a> {
    /// The message does not have the field.
    #[default]
    Absent,
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number above the range of `i64`.
    Large(u64),
    Float(f64),
    Text(Cow<'a, str>),
    /// An array or an object.
    Nested(Box<Value>),
    /// JSON that has no value here: a number beyond the range of `f64`, half a surrogate pair, text
    /// that was not UTF-8, or nesting beyond the parser's limit.
    Damaged(Cow<'a, str>),
}

impl<'a> RawValue<'a> {
    /// The value of a field in JSON.
    pub(super) fn from_json(json: &'a str) -> Self {
        serde_json::from_str(json).unwrap_or(Self::Damaged(Cow::Borrowed(json)))
    }

    /// The JSON type, for error messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Absent => "nothing",
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Large(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Nested(value) if value.is_array() => "an array",
            Self::Nested(_) => "an object",
            Self::Damaged(_) => "a damaged value",
        }
    }

    /// The value as text, for the record of its refusal.
    pub(crate) fn to_text(&self) -> String {
        match self {
            Self::Absent | Self::Null => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Int(value) => value.to_string(),
            Self::Large(value) => value.to_string(),
            Self::Float(value) => value.to_string(),
            Self::Text(text) | Self::Damaged(text) => text.clone().into_owned(),
            Self::Nested(value) => value.to_string(),
        }
    }

    pub(super) fn into_owned(self) -> RawValue<'static> {
        match self {
            Self::Absent => RawValue::Absent,
            Self::Null => RawValue::Null,
            Self::Bool(value) => RawValue::Bool(value),
            Self::Int(value) => RawValue::Int(value),
            Self::Large(value) => RawValue::Large(value),
            Self::Float(value) => RawValue::Float(value),
            Self::Text(text) => RawValue::Text(Cow::Owned(text.into_owned())),
            Self::Nested(value) => RawValue::Nested(value),
            Self::Damaged(json) => RawValue::Damaged(Cow::Owned(json.into_owned())),
        }
    }

    /// Returns true if the field is absent or null.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::Absent | Self::Null)
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
        Ok(i64::try_from(value).map_or(RawValue::Large(value), RawValue::Int))
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

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(SeqAccessDeserializer::new(seq))?;
        Ok(RawValue::Nested(Box::new(value)))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let value = Value::deserialize(MapAccessDeserializer::new(map))?;
        Ok(RawValue::Nested(Box::new(value)))
    }
}
