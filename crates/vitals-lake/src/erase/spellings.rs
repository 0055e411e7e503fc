//! The bytes of an id in a rejected message, as different senders write it.

/// A JSON string as serialisers write it: as it is, or with escapes for characters outside ASCII (in
/// lower or upper case) and for slashes; also in other encodings than UTF-8, for which a message is
/// rejected.
pub(super) fn spellings(quoted: &str) -> Vec<Vec<u8>> {
    let lower = escaped(quoted, |unit| format!("\\u{unit:04x}"));
    let upper = escaped(quoted, |unit| format!("\\u{unit:04X}"));
    let mut spellings = vec![quoted.to_owned(), lower, upper];
    let slashes: Vec<String> = spellings.iter().map(|text| text.replace('/', "\\/")).collect();
    spellings.extend(slashes);
    spellings.sort();
    spellings.dedup();
    let encoded = [latin_1(quoted), Some(utf_16(quoted, u16::to_le_bytes))];
    let encoded = encoded.into_iter().flatten().chain([utf_16(quoted, u16::to_be_bytes)]);
    spellings.into_iter().map(String::into_bytes).chain(encoded).collect()
}

/// `text` in Latin-1, if it has no other characters.
fn latin_1(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect()
}

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

fn escaped(text: &str, escape: fn(u16) -> String) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if character.is_ascii() {
            escaped.push(character);
        } else {
            let mut units = [0; 2];
            escaped.extend(character.encode_utf16(&mut units).iter().copied().map(escape));
        }
    }
    escaped
}
