//! The names of fields, found by their first bytes.

use super::wire::{FIELD_COUNT, field_name};

/// Bytes that the longest name takes with its quote, in whole words.
const WINDOW: usize = 24;

/// A name with the quote behind it.
#[derive(Clone, Copy)]
struct Name {
    field: usize,
    /// Bytes of the name and the quote; zero in an empty slot.
    length: usize,
    words: [u64; WINDOW / 8],
    /// The bytes of the words that belong to the name.
    masks: [u64; WINDOW / 8],
}

/// Every name in its own slot.
static NAMES: [Name; 32] = {
    let none = Name { field: 0, length: 0, words: [0; WINDOW / 8], masks: [0; WINDOW / 8] };
    let mut names = [none; 32];
    let mut field = 0;
    while field < FIELD_COUNT {
        let name = name(field);
        let slot = slot(name.words[0]);
        assert!(names[slot].length == 0, "two names in one slot: choose another factor");
        names[slot] = name;
        field += 1;
    }
    names
};

const fn name(field: usize) -> Name {
    let text = field_name(field).as_bytes();
    let length = text.len() + 1;
    assert!(length <= WINDOW, "the window is too small");
    let mut name = Name { field, length, words: [0; WINDOW / 8], masks: [0; WINDOW / 8] };
    let mut at = 0;
    while at < length {
        let byte = if at < text.len() { text[at] } else { b'"' };
        name.words[at / 8] |= (byte as u64) << (at % 8 * 8);
        name.masks[at / 8] |= 0xff << (at % 8 * 8);
        at += 1;
    }
    name
}

/// The slot of a name whose first bytes are in `word`: the first four decide.
const fn slot(word: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the low half")]
    let first = word as u32;
    (first.wrapping_mul(553) >> 27) as usize
}

fn words(window: &[u8; WINDOW]) -> [u64; WINDOW / 8] {
    let mut words = [0; WINDOW / 8];
    for (word, bytes) in words.iter_mut().zip(window.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words
}

/// The field whose name and quote `bytes` begin with, and how many bytes they are.
pub(super) fn find(bytes: &[u8]) -> Option<(usize, usize)> {
    let words = match bytes.first_chunk() {
        Some(window) => words(window),
        None => {
            let mut window = [0; WINDOW];
            window[..bytes.len()].copy_from_slice(bytes);
            words(&window)
        }
    };
    let name = &NAMES[slot(words[0])];
    let differs = |at: usize| (words[at] ^ name.words[at]) & name.masks[at];
    (name.length > 0 && differs(0) | differs(1) | differs(2) == 0)
        .then_some((name.field, name.length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_nothing_else() {
        for field in 0..FIELD_COUNT {
            let name = field_name(field);
            for rest in ["", ":1}", ":\"and much more than a window has\""] {
                let text = format!("{name}\"{rest}");
                assert_eq!(find(text.as_bytes()), Some((field, name.len() + 1)), "{text}");
            }
            for wrong in [name.to_owned(), format!("{name}s\""), format!("x{name}\"")] {
                assert_eq!(find(wrong.as_bytes()), None, "{wrong}");
            }
            let mut changed = format!("{name}\"").into_bytes();
            for at in 0..changed.len() {
                changed[at] ^= 1;
                assert_eq!(find(&changed), None, "{name} at {at}");
                changed[at] ^= 1;
            }
        }
        assert_eq!(find(b""), None);
    }
}
