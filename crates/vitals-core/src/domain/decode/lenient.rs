//! Repair of bytes that JSON does not have.
//!
//! Python writes `NaN` and `Infinity` into otherwise valid JSON: quoted, each is judged as the value
//! of its own field. Gateways copy names in other encodings than UTF-8, and programs in C send the
//! zero that ends their strings.

/// A copy of `payload` without such bytes; `None` if it has none. Characters that are not UTF-8 are
/// replaced by U+FFFD.
pub(super) fn repaired(payload: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(payload);
    let text = text.trim_end_matches('\0').as_bytes();
    let quoted = quote_odd_numbers(text);
    if quoted.is_some() || text == payload { quoted } else { Some(text.to_vec()) }
}

/// A copy of `payload` with the number tokens quoted that JSON does not have; `None` if it has none.
fn quote_odd_numbers(payload: &[u8]) -> Option<Vec<u8>> {
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
    fn bytes_that_are_not_utf8_are_replaced_and_a_final_zero_is_dropped() {
        let cases: [(&[u8], Option<&str>); 5] = [
            (b"{\"bed\":\"K\xf6ln\"}", Some("{\"bed\":\"K\u{fffd}ln\"}")),
            (
                b"{\"bed\":\"\xed\xa0\x80\",\"a\":NaN}\0",
                Some("{\"bed\":\"\u{fffd}\u{fffd}\u{fffd}\",\"a\":\"NaN\"}"),
            ),
            (b"{\"a\":1}\0\0", Some("{\"a\":1}")),
            (b"{\"a\":\"\0\"}", None),
            ("{\"bed\":\"\u{fffd}\"}".as_bytes(), None),
        ];
        for (payload, copy) in cases {
            let found = repaired(payload).map(|bytes| String::from_utf8(bytes).unwrap());
            assert_eq!(found.as_deref(), copy, "{}", String::from_utf8_lossy(payload));
        }
    }

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
