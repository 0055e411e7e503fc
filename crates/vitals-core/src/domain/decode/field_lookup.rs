//! Lookup of field names by a perfect hash of their first bytes.

use super::raw_fields::{FIELD_COUNT, field_name};

/// Bytes of the longest name with its quotes and colon, rounded up to whole words.
const WINDOW: usize = 24;

/// A name with its quotes and colon, within one cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Name {
    /// Length in bytes.
    length: usize,
    words: [u64; WINDOW / 8],
    /// Masks of the bytes in `words` that belong to the name.
    masks: [u64; WINDOW / 8],
}

/// The names, by field index.
static NAMES: [Name; FIELD_COUNT] = {
    let mut names = [name(0); FIELD_COUNT];
    let mut field = 1;
    while field < FIELD_COUNT {
        names[field] = name(field);
        field += 1;
    }
    names
};

/// Marks an empty slot of the hash table.
const EMPTY: u8 = u8::MAX;

/// The hash table: slot to field index.
static SLOTS: [u8; 32] = {
    let mut slots = [EMPTY; 32];
    let mut field = 0;
    while field < FIELD_COUNT {
        #[expect(clippy::cast_possible_truncation, reason = "four bytes of the eight")]
        let slot = slot((NAMES[field].words[0] >> 8) as u32);
        assert!(slots[slot] == EMPTY, "hash collision: choose another factor");
        #[expect(clippy::cast_possible_truncation, reason = "a few fields")]
        let number = field as u8;
        slots[slot] = number;
        field += 1;
    }
    slots
};

impl Name {
    /// Returns true if `bytes` start with the name.
    #[inline]
    fn is_prefix_of(&self, bytes: &[u8]) -> bool {
        let Some(window) = bytes.first_chunk::<WINDOW>() else {
            return self.is_prefix_of_short(bytes);
        };
        let [first, second, third] = window.as_chunks().0 else { return false };
        self.difference(0, first) | self.difference(1, second) | self.difference(2, third) == 0
    }

    /// The differing bits of one word.
    #[inline]
    const fn difference(&self, word: usize, bytes: &[u8; 8]) -> u64 {
        (u64::from_le_bytes(*bytes) ^ self.words[word]) & self.masks[word]
    }

    /// As [`Self::is_prefix_of`], near the end of a message.
    fn is_prefix_of_short(&self, bytes: &[u8]) -> bool {
        // Pads with zeros, which no name contains.
        let mut window = [0; WINDOW];
        window[..bytes.len()].copy_from_slice(bytes);
        self.is_prefix_of(&window)
    }
}

const fn name(field: usize) -> Name {
    let text = field_name(field).as_bytes();
    let length = text.len() + 3;
    assert!(length <= WINDOW, "the window is too small");
    let mut name = Name { length, words: [0; WINDOW / 8], masks: [0; WINDOW / 8] };
    // The field's name in quotes with its colon, as little-endian words, and a mask of the bytes
    // that count. Constant functions have no iterators.
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

/// The slot of a name, from the four bytes after its opening quote.
const fn slot(first: u32) -> usize {
    (first.wrapping_mul(553) >> 27) as usize
}

/// Looks up the field name, with quotes and colon, at the start of `bytes`. Returns the field and
/// the length of its name.
pub(super) fn find(bytes: &[u8]) -> Option<(usize, usize)> {
    let [_, first @ ..] = bytes.first_chunk::<5>()?;
    let field = usize::from(SLOTS[slot(u32::from_le_bytes(*first))]);
    let name = NAMES.get(field)?;
    if name.is_prefix_of(bytes) { Some((field, name.length)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &[u8], found: Option<(usize, usize)>) {
        assert_eq!(find(text), found, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn only_exact_names_are_found() {
        for field in 0..FIELD_COUNT {
            let name = field_name(field);
            for rest in ["", "1}", "\"and more bytes than the window holds\""] {
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
