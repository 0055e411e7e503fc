//! Fingerprints of messages, for recognizing a log by its content.

/// The fingerprint of a message: a CRC-32 of its broker timestamp, key and payload.
/// `timestamp_ms` is `None` for a message without one.
pub(crate) fn fingerprint(
    timestamp_ms: Option<i64>,
    key: Option<&[u8]>,
    payload: Option<&[u8]>,
) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&timestamp_ms.unwrap_or(-1).to_le_bytes());
    for part in [key, payload] {
        // The length separates key and payload, and null from empty.
        let length = part.map_or(-1, |part| i64::try_from(part.len()).unwrap_or(i64::MAX));
        hasher.update(&length.to_le_bytes());
        hasher.update(part.unwrap_or_default());
    }
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_of_a_message_changes_its_fingerprint() {
        let messages = [
            fingerprint(Some(1), Some(b"k"), Some(b"p")),
            fingerprint(Some(2), Some(b"k"), Some(b"p")),
            fingerprint(None, Some(b"k"), Some(b"p")),
            fingerprint(Some(1), Some(b"kp"), Some(b"")),
            fingerprint(Some(1), Some(b"kp"), None),
            fingerprint(Some(1), None, Some(b"kp")),
        ];
        let distinct: std::collections::BTreeSet<u32> = messages.into_iter().collect();
        assert_eq!(distinct.len(), messages.len());
    }
}
