//! Fast path for the JSON of a plain reading.
//!
//! Nearly every message is a flat object of known fields, plain strings and short numbers. The
//! scan reads such a message in one pass over its bytes. Anything else (an escape, a nested value,
//! an unknown or repeated field, a negative or long number, an error) is left to the JSON parser,
//! which alone reports errors. Both paths give the same fields, to the last bit of a number.

use std::borrow::Cow;

use super::{
    field_lookup,
    raw_fields::{RawFields, RawValue},
};

/// Maximum number of digits of a mantissa that an `f64` holds exactly.
pub(super) const EXACT_DIGITS: usize = 15;

/// Maximum number of digits that always fit an `i64`.
const INT_DIGITS: usize = 18;

/// Powers of ten, each exact: the quotient of two exact numbers is rounded once, as JSON requires.
const POWERS: [f64; EXACT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Scans a plain reading into `fields`, which must be empty. Returns `None` for any other payload;
/// the content of `fields` is then unspecified.
pub(super) fn scan<'a>(payload: &'a [u8], fields: &mut RawFields<'a>) -> Option<()> {
    // Validated once here, so that strings are sliced without further checks.
    let text = std::str::from_utf8(payload).ok()?;
    let mut cursor = Cursor { text, bytes: payload, at: 0 };
    let mut seen = 0_u32;
    if cursor.next()? != b'{' {
        return None;
    }
    loop {
        let field = cursor.name()?;
        // The parser reports repeated fields.
        if seen & (1 << field) != 0 {
            return None;
        }
        seen |= 1 << field;
        fields.values[field] = cursor.value()?;
        match cursor.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    cursor.skip_space();
    if cursor.at == payload.len() { Some(()) } else { None }
}

/// A read position in a message.
struct Cursor<'a> {
    /// The message.
    text: &'a str,
    /// The same as bytes.
    bytes: &'a [u8],
    /// The offset of the next byte.
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Skips whitespace and consumes the next byte.
    fn next(&mut self) -> Option<u8> {
        let mut byte = self.peek()?;
        if byte <= b' ' {
            self.skip_space();
            byte = self.peek()?;
        }
        self.at += 1;
        Some(byte)
    }

    /// Consumes a field name with its colon.
    fn name(&mut self) -> Option<usize> {
        if self.peek()? <= b' ' {
            self.skip_space();
        }
        let (field, length) = field_lookup::find(self.rest())?;
        self.at += length;
        Some(field)
    }

    /// Consumes the rest of `true`, `false` or `null`.
    fn literal(&mut self, rest: &[u8], value: RawValue<'a>) -> Option<RawValue<'a>> {
        self.at += rest.len();
        let scanned = &self.bytes[..self.at.min(self.bytes.len())];
        if scanned.ends_with(rest) { Some(value) } else { None }
    }

    fn value(&mut self) -> Option<RawValue<'a>> {
        match self.next()? {
            b'"' => self.string().map(|text| RawValue::Text(Cow::Borrowed(text))),
            first @ b'0'..=b'9' => self.number(first),
            b't' => self.literal(b"rue", RawValue::Bool(true)),
            b'f' => self.literal(b"alse", RawValue::Bool(false)),
            b'n' => self.literal(b"ull", RawValue::Null),
            _ => None,
        }
    }

    /// Consumes a string without escapes, after its opening quote.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        let end = start + plain_length(self.rest());
        self.at = end + 1;
        if self.bytes.get(end) != Some(&b'"') {
            return None;
        }
        self.text.get(start..end)
    }

    /// Consumes a number after its digit `first`.
    fn number(&mut self, first: u8) -> Option<RawValue<'a>> {
        let mut whole = i64::from(first - b'0');
        let digits = self.digits(&mut whole, INT_DIGITS - 1)?;
        // JSON forbids leading zeros.
        if first == b'0' && digits > 0 {
            return None;
        }
        // An exponent is left to the parser, and so is rounding of many digits.
        match self.peek() {
            Some(b'.') => self.fraction(whole, digits + 1),
            Some(b'e' | b'E') => None,
            _ => Some(RawValue::Int(whole)),
        }
    }

    /// Consumes a decimal point and the digits after it; `whole` is the part before it.
    fn fraction(&mut self, mut whole: i64, digits: usize) -> Option<RawValue<'a>> {
        self.at += 1;
        let places = self.digits(&mut whole, EXACT_DIGITS.checked_sub(digits)?)?;
        if places == 0 || matches!(self.peek(), Some(b'e' | b'E')) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
        let mantissa = whole as f64;
        Some(RawValue::Float(mantissa / POWERS[places]))
    }

    /// Consumes digits, appends them to `number` and returns their count; `None` if they exceed
    /// `max`, for which an `i64` must have room.
    fn digits(&mut self, number: &mut i64, max: usize) -> Option<usize> {
        let mut count = 0;
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            count += 1;
            if count > max {
                return None;
            }
            *number = *number * 10 + i64::from(digit - b'0');
            self.at += 1;
        }
        Some(count)
    }
}

/// The number of bytes before the first quote, backslash or control character.
fn plain_length(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..b' ')).unwrap_or(bytes.len())
}
