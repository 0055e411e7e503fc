//! The names of fields, expected in the order of the message before, or found by their first bytes.

use super::raw_fields::{FIELD_COUNT, field_name};

/// Bytes that the longest name takes with its quotes and colon, in whole words.
const WINDOW: usize = 24;

/// A name with its quotes and colon; in one cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Name {
    /// Bytes of it all.
    length: usize,
    words: [u64; WINDOW / 8],
    /// The bytes of the words that belong to the name.
    masks: [u64; WINDOW / 8],
}

/// The names by field.
static NAMES: [Name; FIELD_COUNT] = {
    let mut names = [name(0); FIELD_COUNT];
    let mut field = 1;
    while field < FIELD_COUNT {
        names[field] = name(field);
        field += 1;
    }
    names
};

/// Stands in a slot that no name has.
const NONE: u8 = u8::MAX;

/// The field of every slot.
static SLOTS: [u8; 32] = {
    let mut slots = [NONE; 32];
    let mut field = 0;
    while field < FIELD_COUNT {
        #[expect(clippy::cast_possible_truncation, reason = "four bytes of the eight")]
        let slot = slot((NAMES[field].words[0] >> 8) as u32);
        assert!(slots[slot] == NONE, "two names in one slot: choose another factor");
        #[expect(clippy::cast_possible_truncation, reason = "a few fields")]
        let number = field as u8;
        slots[slot] = number;
        field += 1;
    }
    slots
};

/// The order in which the fields of a message came. The next message has them in the same order
/// mostly, and comparing the name that is expected takes less than finding one that is not: the
/// processor need not wait for the name to know how long it is.
#[derive(Debug, Clone, Default)]
pub struct FieldOrder {
    /// By field, and of the message's start behind them: which one came next.
    next: [u8; FIELD_COUNT + 1],
}

impl FieldOrder {
    /// Where a message starts.
    pub(super) const START: usize = FIELD_COUNT;

    /// The field whose name, with quotes and colon, `bytes` begin with, and how many bytes that
    /// is. It comes after the field `at`, or [`Self::START`].
    #[inline]
    pub(super) fn find(&mut self, at: usize, bytes: &[u8]) -> Option<(usize, usize)> {
        let expected = usize::from(self.next[at]);
        let name = &NAMES[expected];
        if name.begins(bytes) {
            return Some((expected, name.length));
        }
        let (field, length) = find(bytes)?;
        #[expect(clippy::cast_possible_truncation, reason = "a few fields")]
        let number = field as u8;
        self.next[at] = number;
        Some((field, length))
    }
}

impl Name {
    /// Whether `bytes` begin with it.
    #[inline]
    fn begins(&self, bytes: &[u8]) -> bool {
        let Some(window) = bytes.first_chunk::<WINDOW>() else { return self.ends(bytes) };
        let [first, second, third] = window.as_chunks().0 else { return false };
        let differs = |at: usize, bytes: &[u8; 8]| {
            (u64::from_le_bytes(*bytes) ^ self.words[at]) & self.masks[at]
        };
        differs(0, first) | differs(1, second) | differs(2, third) == 0
    }

    /// The same near the end of a message.
    fn ends(&self, bytes: &[u8]) -> bool {
        let mut window = [0; WINDOW];
        window[..bytes.len()].copy_from_slice(bytes);
        // What is missing counts as zeros, which no name has.
        self.begins(&window)
    }
}

const fn name(field: usize) -> Name {
    let text = field_name(field).as_bytes();
    let length = text.len() + 3;
    assert!(length <= WINDOW, "the window is too small");
    let mut name = Name { length, words: [0; WINDOW / 8], masks: [0; WINDOW / 8] };
    let mut at = 0;
    while at < length {
        let byte = if at == 0 || at == length - 2 {
            b'"'
        } else if at == length - 1 {
            b':'
        } else {
            text[at - 1]
        };
        name.words[at / 8] |= (byte as u64) << (at % 8 * 8);
        name.masks[at / 8] |= 0xff << (at % 8 * 8);
        at += 1;
    }
    name
}

/// The slot of a name whose four bytes behind the quote are these.
const fn slot(first: u32) -> usize {
    (first.wrapping_mul(553) >> 27) as usize
}

/// The field whose name, with quotes and colon, `bytes` begin with, and how many bytes that is.
fn find(bytes: &[u8]) -> Option<(usize, usize)> {
    let [_, first @ ..] = bytes.first_chunk::<5>()?;
    let field = usize::from(SLOTS[slot(u32::from_le_bytes(*first))]);
    let name = NAMES.get(field)?;
    name.begins(bytes).then_some((field, name.length))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found, whichever field is expected.
    #[track_caller]
    fn check(text: &[u8], found: Option<(usize, usize)>) {
        for expected in 0..FIELD_COUNT as u8 {
            let mut order = FieldOrder { next: [expected; FIELD_COUNT + 1] };
            let shown = String::from_utf8_lossy(text);
            assert_eq!(order.find(3, text), found, "{shown}, {expected} expected");
            if let Some((field, _)) = found {
                assert_eq!(usize::from(order.next[3]), field, "{shown}: is not expected next time");
            }
        }
    }

    #[test]
    fn every_name_is_found_and_nothing_else() {
        for field in 0..FIELD_COUNT {
            let name = field_name(field);
            for rest in ["", "1}", "\"and much more than a window has\""] {
                let text = format!("\"{name}\":{rest}");
                check(text.as_bytes(), Some((field, name.len() + 3)));
            }
            for wrong in [format!("\"{name}\" :"), format!("\"{name}s\":"), format!("\"x{name}\":")]
            {
                check(wrong.as_bytes(), None);
            }
            let mut changed = format!("\"{name}\":").into_bytes();
            for at in 0..changed.len() {
                changed[at] ^= 1;
                check(&changed, None);
                check(&changed[..at], None);
                changed[at] ^= 1;
            }
        }
        check(b"", None);
    }
}
