//! A short cut through the JSON of an ordinary reading.
//!
//! Nearly every message is one flat object of known fields, plain strings and short numbers.
//! Those are read here in one pass over the bytes; whatever is unusual in any way
//! (an escape, a nested value, a field that is unknown or there twice, a negative or long
//! number, an error) is left to the JSON parser, which alone decides what is wrong. So both
//! ways give the same fields, to the last bit of a number.

use std::borrow::Cow;

use super::{
    field_lookup::FieldOrder,
    raw_fields::{Fields, Scalar},
};

/// Longest mantissa that an `f64` holds exactly, in digits.
pub(super) const EXACT_DIGITS: usize = 15;

/// Longest number that an `i64` holds, in digits.
const INT_DIGITS: usize = 18;

/// Powers of ten, each exact: a quotient of two exact numbers is rounded once, as a parser must.
const POWERS: [f64; EXACT_DIGITS + 1] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

/// Takes the fields of an ordinary reading into `fields`, which are empty; `None` when `payload`
/// is anything else, and then what is in `fields` means nothing. They are expected in `order`,
/// which they then set.
pub(super) fn scan<'a>(
    payload: &'a [u8],
    order: &mut FieldOrder,
    fields: &mut Fields<'a>,
) -> Option<()> {
    let text = simdutf8::basic::from_utf8(payload).ok()?;
    let mut cursor = Cursor { text, bytes: payload, at: 0 };
    let mut seen = 0_u32;
    let mut field = FieldOrder::START;
    (cursor.next()? == b'{').then_some(())?;
    loop {
        field = cursor.name(order, field)?;
        if seen & (1 << field) != 0 {
            return None;
        }
        seen |= 1 << field;
        let before = std::mem::replace(&mut fields.values[field], cursor.value()?);
        // It was absent: there is nothing to free, and no need to find that out.
        std::mem::forget(before);
        match cursor.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    cursor.skip_space();
    (cursor.at == payload.len()).then_some(())
}

struct Cursor<'a> {
    /// The message.
    text: &'a str,
    /// Its bytes.
    bytes: &'a [u8],
    /// How many of them are behind.
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

    /// The next byte that is no space, and goes past it.
    fn next(&mut self) -> Option<u8> {
        let mut byte = self.peek()?;
        if byte <= b' ' {
            self.skip_space();
            byte = self.peek()?;
        }
        self.at += 1;
        Some(byte)
    }

    /// A name with its colon, after that of the field `last`.
    fn name(&mut self, order: &mut FieldOrder, last: usize) -> Option<usize> {
        if self.peek()? <= b' ' {
            self.skip_space();
        }
        let (field, length) = order.find(last, self.rest())?;
        self.at += length;
        Some(field)
    }

    fn literal(&mut self, rest: &[u8], value: Scalar<'a>) -> Option<Scalar<'a>> {
        self.at += rest.len();
        self.bytes[..self.at.min(self.bytes.len())].ends_with(rest).then_some(value)
    }

    fn value(&mut self) -> Option<Scalar<'a>> {
        match self.next()? {
            b'"' => self.string().map(|text| Scalar::Text(Cow::Borrowed(text))),
            first @ b'0'..=b'9' => self.number(first),
            b't' => self.literal(b"rue", Scalar::Bool(true)),
            b'f' => self.literal(b"alse", Scalar::Bool(false)),
            b'n' => self.literal(b"ull", Scalar::Null),
            _ => None,
        }
    }

    /// A string without escapes, from behind its opening quote.
    fn string(&mut self) -> Option<&'a str> {
        let start = self.at;
        let end = start + plain_length(self.rest());
        self.at = end + 1;
        (self.bytes.get(end) == Some(&b'"')).then(|| self.text.get(start..end))?
    }

    /// A number that begins with the digit `first`.
    fn number(&mut self, first: u8) -> Option<Scalar<'a>> {
        let mut whole = i64::from(first - b'0');
        let digits = self.digits(&mut whole, INT_DIGITS - 1)?;
        if first == b'0' && digits > 0 {
            return None;
        }
        match self.peek() {
            Some(b'.') => self.fraction(whole, digits + 1),
            Some(b'e' | b'E') => None,
            _ => Some(Scalar::Int(whole)),
        }
    }

    /// The number whose part before the point is `whole`, of so many digits.
    fn fraction(&mut self, mut whole: i64, digits: usize) -> Option<Scalar<'a>> {
        self.at += 1;
        let places = self.digits(&mut whole, EXACT_DIGITS.checked_sub(digits)?)?;
        if places == 0 || matches!(self.peek(), Some(b'e' | b'E')) {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "fifteen digits are exact")]
        let mantissa = whole as f64;
        Some(Scalar::Float(mantissa / POWERS[places]))
    }

    /// Appends the digits that follow to `number`, and counts them; `None` when they are more
    /// than `most`, which an `i64` must have room for.
    fn digits(&mut self, number: &mut i64, most: usize) -> Option<usize> {
        let mut count = 0;
        while let Some(word) = self.rest().first_chunk() {
            let (found, value) = leading_digits(u64::from_le_bytes(*word));
            count += found;
            if count > most {
                return None;
            }
            *number = *number * TENS[found] + value;
            self.at += found;
            if found < 8 {
                return Some(count);
            }
        }
        while let Some(digit @ b'0'..=b'9') = self.peek() {
            count += 1;
            if count > most {
                return None;
            }
            *number = *number * 10 + i64::from(digit - b'0');
            self.at += 1;
        }
        Some(count)
    }
}

/// By what a number is multiplied when so many digits are appended.
const TENS: [i64; 9] = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// How many of eight bytes are digits before another comes, and their number. Without a branch:
/// how many digits a vital has can't be predicted.
fn leading_digits(word: u64) -> (usize, i64) {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let values = word ^ (ONES * u64::from(b'0'));
    // The high bit of a byte is set when it is above nine; the lowest such byte is right.
    let others = (values.wrapping_add(ONES * 0x76) | values) & (ONES << 7);
    let bits = others.trailing_zeros() & !7;
    // The first digit is in the lowest byte. What is missing becomes zeros before it.
    let digits = values.checked_shl(64 - bits).unwrap_or_default();
    let pairs = digits.wrapping_mul((10 << 8) + 1) >> 8 & 0x00ff_00ff_00ff_00ff;
    let fours = pairs.wrapping_mul((100 << 16) + 1) >> 16 & 0x0000_ffff_0000_ffff;
    let eight = fours.wrapping_mul((10_000 << 32) + 1) >> 32;
    #[expect(clippy::cast_possible_wrap, reason = "below 10^8")]
    let number = eight as i64;
    (bits as usize / 8, number)
}

/// How many bytes pass before a quote, a backslash or a control character.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
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
