//! A short cut through the JSON of an ordinary reading.
//!
//! Nearly every message is one flat object of known fields, plain strings and short numbers.
//! Those are read here in one pass over the bytes; whatever is unusual in any way
//! (an escape, a nested value, a field that is unknown or there twice, a negative or long
//! number, an error) is left to the JSON parser, which alone decides what is wrong. So both
//! ways give the same fields, to the last bit of a number.

use std::borrow::Cow;

use super::{
    keys,
    wire::{Fields, Scalar},
};

/// Longest mantissa that an `f64` holds exactly, in digits.
const EXACT_DIGITS: usize = 15;

/// Longest number that an `i64` holds, in digits.
const INT_DIGITS: usize = 18;

/// Powers of ten, each exact: a quotient of two exact numbers is rounded once, as a parser must.
const POWERS: [f64; EXACT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Takes the fields of an ordinary reading into `fields`, which are empty; `None` when `payload`
/// is anything else, and then what is in `fields` means nothing.
pub(super) fn scan<'a>(payload: &'a [u8], fields: &mut Fields<'a>) -> Option<()> {
    let text = std::str::from_utf8(payload).ok()?;
    let mut cursor = Cursor { text, rest: payload };
    let mut seen = 0_u32;
    cursor.token(b'{')?;
    loop {
        cursor.token(b'"')?;
        let (index, length) = keys::find(cursor.rest)?;
        cursor.rest = cursor.rest.get(length..)?;
        cursor.token(b':')?;
        if seen & (1 << index) != 0 {
            return None;
        }
        seen |= 1 << index;
        fields.values[index] = cursor.value()?;
        match cursor.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    cursor.skip_space();
    cursor.rest.is_empty().then_some(())
}

struct Cursor<'a> {
    /// The message.
    text: &'a str,
    /// What of its bytes is left.
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn skip_space(&mut self) {
        while let [b' ' | b'\n' | b'\r' | b'\t', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// The next byte that is no space, and goes past it.
    fn next(&mut self) -> Option<u8> {
        if self.rest.first().is_some_and(|byte| *byte <= b' ') {
            self.skip_space();
        }
        let (byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*byte)
    }

    fn token(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then_some(())
    }

    fn literal(&mut self, rest: &[u8], value: Scalar<'a>) -> Option<Scalar<'a>> {
        self.rest = self.rest.strip_prefix(rest)?;
        Some(value)
    }

    fn value(&mut self) -> Option<Scalar<'a>> {
        match self.next()? {
            b'"' => self.text().map(|text| Scalar::Text(Cow::Borrowed(text))),
            first @ b'0'..=b'9' => self.number(first),
            b't' => self.literal(b"rue", Scalar::Bool(true)),
            b'f' => self.literal(b"alse", Scalar::Bool(false)),
            b'n' => self.literal(b"ull", Scalar::Null),
            _ => None,
        }
    }

    /// A string without escapes, from behind its opening quote.
    fn text(&mut self) -> Option<&'a str> {
        let start = self.text.len() - self.rest.len();
        let length = plain_length(self.rest);
        self.rest = self.rest[length..].strip_prefix(b"\"")?;
        self.text.get(start..start + length)
    }

    /// A number that begins with the digit `first`.
    fn number(&mut self, first: u8) -> Option<Scalar<'a>> {
        let mut whole = i64::from(first - b'0');
        let digits = self.digits(&mut whole, INT_DIGITS - 1)?;
        if first == b'0' && digits > 0 {
            return None;
        }
        if self.rest.first() == Some(&b'.') {
            self.rest = &self.rest[1..];
            let left = EXACT_DIGITS.checked_sub(digits + 1)?;
            let places = self.digits(&mut whole, left)?;
            if places == 0 || self.is_exponent() {
                return None;
            }
            #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
            let mantissa = whole as f64;
            return Some(Scalar::Float(mantissa / POWERS[places]));
        }
        (!self.is_exponent()).then_some(Scalar::Int(whole))
    }

    /// Appends the digits that follow to `number`, and counts them; `None` when they are more
    /// than `most`.
    fn digits(&mut self, number: &mut i64, most: usize) -> Option<usize> {
        let mut count = 0;
        while let [digit @ b'0'..=b'9', rest @ ..] = self.rest {
            count += 1;
            if count > most {
                return None;
            }
            *number = *number * 10 + i64::from(digit - b'0');
            self.rest = rest;
        }
        Some(count)
    }

    fn is_exponent(&self) -> bool {
        matches!(self.rest.first(), Some(b'e' | b'E'))
    }
}

/// How many bytes pass before a quote, a backslash or a control character.
fn plain_length(bytes: &[u8]) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    // The high bit of a byte is set when the byte is below `limit`, or above another such byte:
    // the lowest one is right.
    let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
    let mut length = 0;
    while let Some(word) = bytes.get(length..).and_then(<[u8]>::first_chunk) {
        let word = u64::from_le_bytes(*word);
        let quote = below(word ^ (ONES * u64::from(b'"')), 1);
        let backslash = below(word ^ (ONES * u64::from(b'\\')), 1);
        let special = (quote | backslash | below(word, b' ')) & HIGH;
        if special != 0 {
            return length + special.trailing_zeros() as usize / 8;
        }
        length += 8;
    }
    let plain = |byte: &&u8| !matches!(byte, b'"' | b'\\' | 0..b' ');
    length + bytes[length..].iter().take_while(plain).count()
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;
