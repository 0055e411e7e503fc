//! Decoding of a message that is one JSON object, or its rejection with a reason.

use serde::Deserialize;
use serde_json::error::Category;

use super::{
    decode::MAX_MESSAGE_BYTES,
    rejection::{Reason, Rejection},
};

/// Decodes a payload.
///
/// # Errors
/// The [`Rejection`] names the field and its defect.
pub(crate) fn decode<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Result<T, Rejection> {
    // Some editors and shells begin a file with a byte order mark.
    let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload);
    // Size first: a large payload is rejected without parsing it.
    if payload.is_empty() {
        return Err(Rejection::new(Reason::Empty, "the message has no payload"));
    }
    if payload.len() > MAX_MESSAGE_BYTES {
        let detail = format!("{} bytes, the maximum is {MAX_MESSAGE_BYTES}", payload.len());
        return Err(Rejection::new(Reason::TooLarge, detail));
    }
    let decoded =
        serde_json::from_slice(payload).map_err(|error| rejection::<T>(payload, &error))?;
    // serde accepts an array of the fields, too.
    if is_object(payload) { Ok(decoded) } else { Err(not_an_object()) }
}

fn rejection<'a, T: Deserialize<'a>>(payload: &'a [u8], error: &serde_json::Error) -> Rejection {
    if error.classify() != Category::Data {
        return Rejection::new(Reason::NotJson, error.to_string());
    }
    if !is_object(payload) {
        return not_an_object();
    }
    // A second pass finds the path of the field; tracking it slows down the first.
    let deserializer = &mut serde_json::Deserializer::from_slice(payload);
    let detail = match serde_path_to_error::deserialize::<_, T>(deserializer) {
        Err(error) => error.to_string(),
        Ok(_) => error.to_string(),
    };
    // serde_json distinguishes these errors by their text only.
    let text = error.to_string();
    let kinds = [
        ("missing field", Reason::MissingField),
        ("unknown field", Reason::UnknownField),
        ("duplicate field", Reason::DuplicateField),
    ];
    let kind = kinds.into_iter().find(|(prefix, _)| text.starts_with(prefix));
    Rejection::new(kind.map_or(Reason::WrongType, |(_, reason)| reason), detail)
}

fn is_object(payload: &[u8]) -> bool {
    payload.trim_ascii_start().first() == Some(&b'{')
}

fn not_an_object() -> Rejection {
    Rejection::new(Reason::NotAnObject, "the message is not an object")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct Pair {
        first: u8,
        second: u8,
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_object() {
        let pair: Pair = decode(b"\xef\xbb\xbf{\"first\":1,\"second\":2}").unwrap();
        assert_eq!((pair.first, pair.second), (1, 2));
        let cases: [(&[u8], Reason); 4] = [
            (b"\xef\xbb\xbf", Reason::Empty),
            (b"\xef\xbb\xbf[1,2]", Reason::NotAnObject),
            (b"\xef\xbb\xbf\xef\xbb\xbf{}", Reason::NotJson),
            // UTF-16.
            (b"\xff\xfe{\0}\0", Reason::NotJson),
        ];
        for (payload, reason) in cases {
            assert_eq!(decode::<Pair>(payload).unwrap_err().reason, reason, "{payload:?}");
        }
    }

    #[test]
    fn an_array_of_the_fields_is_not_an_object() {
        let pair: Pair = decode(br#" {"first":1,"second":2}"#).unwrap();
        assert_eq!((pair.first, pair.second), (1, 2));
        for array in ["[1,2]", "[]", r#"[{"first":1,"second":2}]"#] {
            let rejection = decode::<Pair>(array.as_bytes()).unwrap_err();
            assert_eq!(rejection.reason, Reason::NotAnObject, "{array}");
        }
    }
}
