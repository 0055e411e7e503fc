//! Repair of number tokens that JSON does not have.
//!
//! Python writes `NaN` and `Infinity` into otherwise valid JSON, and a number such as `1e400`
//! exceeds every parser's range. Quoted, each is judged as the value of its own field.

/// A copy of `payload` with such tokens quoted; `None` if it has none.
pub(super) fn quote_odd_numbers(payload: &[u8]) -> Option<Vec<u8>> {
    let mut quoted = Vec::with_capacity(payload.len() + 16);
    let mut rest = payload;
    let mut found = false;
    while let Some(first) = rest.first() {
        let length = match first {
            // A string is copied as it is: it may contain such a word.
            b'"' => string_length(rest),
            byte if is_token_byte(*byte) => {
                rest.iter().position(|byte| !is_token_byte(*byte)).unwrap_or(rest.len())
            }
            _ => 1,
        };
        let (token, tail) = rest.split_at(length);
        if is_odd_number(token) {
            found = true;
            quoted.push(b'"');
            quoted.extend_from_slice(token);
            quoted.push(b'"');
        } else {
            quoted.extend_from_slice(token);
        }
        rest = tail;
    }
    if found { Some(quoted) } else { None }
}

/// The length of the string at the start of `bytes`, with its quotes.
fn string_length(bytes: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
}

/// Returns true for a token that Rust parses as a number, but JSON does not.
fn is_odd_number(token: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(token) else { return false };
    text.parse::<f64>().is_ok_and(|number| !number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_number_tokens_outside_strings_are_quoted() {
        let cases = [
            (r#"{"a":NaN,"b":-Infinity}"#, Some(r#"{"a":"NaN","b":"-Infinity"}"#)),
            (r#"{"a":[1e400, nan ]}"#, Some(r#"{"a":["1e400", "nan" ]}"#)),
            (r#"{"a":"NaN \" NaN","b":NaN}"#, Some(r#"{"a":"NaN \" NaN","b":"NaN"}"#)),
            (r#"{"a":"NaN","b":1e40,"c":null}"#, None),
            (r#"{"a":undefined}"#, None),
            (r#"{"a":"open \"#, None),
            ("", None),
        ];
        for (payload, quoted) in cases {
            let found = quote_odd_numbers(payload.as_bytes());
            let found = found.map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(found.as_deref(), quoted, "{payload}");
        }
    }
}
