//! The values of a message as sent, digit by digit.
//!
//! A number is judged as an `f64`, which has about 16 digits. An id, an unknown field or the record
//! of a refusal must keep all of them. Such fields are rare, so the message is parsed a second time
//! for them.

use std::{borrow::Cow, fmt};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{lenient::repaired, raw_fields::Key};
use crate::domain::{refused::Refused, rejection::Reason};

/// The fields of a message with their values in JSON, in the order of the message.
#[derive(Debug, Default)]
pub(super) struct ExactFields(Vec<(String, Box<RawValue>)>);

impl ExactFields {
    /// The fields of a payload that is an object, or an array with one.
    pub(super) fn parse(payload: &[u8]) -> Self {
        let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload);
        if let Ok(fields) = serde_json::from_slice(payload) {
            return fields;
        }
        let copy = repaired(payload).unwrap_or_default();
        serde_json::from_slice(&copy).unwrap_or_default()
    }

    /// The values of field `name` in JSON.
    fn values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let named: Vec<_> = self.0.iter().filter(|(field, _)| field == name).collect();
        named.into_iter().map(|(_, value)| value.get())
    }

    /// The digits of field `name`, if it is a whole number without an exponent, such as `1.0`.
    pub(super) fn whole_number(&self, name: &str) -> Option<String> {
        let token = self.values(name).next()?;
        let (digits, fraction) = token.split_once('.').unwrap_or((token, ""));
        let is_whole = fraction.bytes().all(|byte| byte == b'0');
        let is_id = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_whole && is_id { Some(digits.to_owned()) } else { None }
    }

    /// Replaces the values of `refused` by those that were sent.
    pub(super) fn restore(&self, refused: &mut Vec<Refused>) {
        for refusal in refused.iter_mut() {
            let field = std::mem::take(&mut refusal.field);
            let values: Vec<_> = self.values(&field).map(text).collect();
            // The decoder repeats no value of a field.
            let is_repeated = refusal.reason == Reason::DuplicateField;
            if values.len() == 1 || (is_repeated && !values.is_empty()) {
                let value = values.join(", ");
                *refusal = Refused::new("", refusal.reason, value);
            }
            refusal.field = field;
        }
        // A field that is given three times was refused twice.
        refused.dedup();
    }
}

/// A value in JSON as text: a string without its quotes.
pub(super) fn text(json: &str) -> Cow<'_, str> {
    match serde_json::from_str::<String>(json) {
        Ok(text) if json.starts_with('"') => Cow::Owned(text),
        _ => Cow::Borrowed(json),
    }
}

impl<'de> Deserialize<'de> for ExactFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExactFieldsVisitor)
    }
}

struct ExactFieldsVisitor;

impl<'de> Visitor<'de> for ExactFieldsVisitor {
    type Value = ExactFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a reading")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let first = seq.next_element()?.unwrap_or_default();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<Key, _>()? {
            fields.push((key.into_name(), value));
        }
        Ok(ExactFields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_keep_every_digit() {
        let cases = [
            ("1.0", Some("1")),
            ("42.000", Some("42")),
            ("12345678901234567890123", Some("12345678901234567890123")),
            ("90071992547409931.0", Some("90071992547409931")),
            ("0", Some("0")),
            ("1.5", None),
            ("1e3", None),
            ("1.0e3", None),
            ("-1", None),
            ("-1.0", None),
            ("true", None),
        ];
        for (token, expected) in cases {
            let payload = format!(r#"[{{"x":2,"id":{token}}}]"#);
            let found = ExactFields::parse(payload.as_bytes()).whole_number("id");
            assert_eq!(found.as_deref(), expected, "{token}");
        }
    }
}
