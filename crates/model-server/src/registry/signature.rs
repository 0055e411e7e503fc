//! Signatures of versions, made by the program minisign over the manifest, which has the digests of
//! all other files.

use std::str::FromStr;

use minisign_verify::{Error, Signature};
use serde::Serialize;
use utoipa::ToSchema;

/// The public key that versions have to be signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(minisign_verify::PublicKey);

/// A text that is no public key.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a public key of minisign, which starts with RW and has 56 characters")]
pub struct InvalidPublicKey;

/// The signature of a loaded version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureState {
    /// Made with the configured key over the manifest that was loaded.
    Valid,
    /// Present, but no key is configured to check it with.
    NotChecked,
    /// Absent, and no key is configured.
    Absent,
}

impl FromStr for PublicKey {
    type Err = InvalidPublicKey;

    /// Parses a key alone, or the content of a file that minisign wrote: a comment, then the key.
    fn from_str(text: &str) -> Result<Self, InvalidPublicKey> {
        let key = text.lines().last().unwrap_or_default().trim();
        minisign_verify::PublicKey::from_base64(key).map(Self).map_err(|_| InvalidPublicKey)
    }
}

impl PublicKey {
    /// Verifies a signature over a manifest.
    ///
    /// # Errors
    /// The reason that the signature is refused.
    pub(super) fn verify(&self, manifest: &[u8], signature: &[u8]) -> Result<(), &'static str> {
        let text = str::from_utf8(signature).map_err(|_| NO_SIGNATURE)?;
        let signature = Signature::decode(text).map_err(|_| NO_SIGNATURE)?;
        self.0.verify(manifest, &signature, false).map_err(|error| match error {
            Error::UnexpectedKeyId => "it was made with another key than model_server.public_key",
            Error::UnexpectedAlgorithm => {
                "it has the legacy format: sign again with minisign 0.10 or newer, without -l"
            }
            Error::InvalidSignature => "manifest.json or the signature was changed after signing",
            _ => NO_SIGNATURE,
        })
    }
}

const NO_SIGNATURE: &str = "it is not a signature of minisign";

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = include_str!("../../tests/fixtures/minisign/minisign.pub");
    const MANIFEST: &[u8] = include_bytes!("../../tests/fixtures/minisign/manifest.json");
    const SIGNATURE: &str = include_str!("../../tests/fixtures/minisign/manifest.json.minisig");
    const LEGACY: &str = include_str!("../../tests/fixtures/minisign/legacy.minisig");
    /// A second key of the program, with another id.
    const OTHER_KEY: &str = "RWSYnQySEe5vRuUqEWHD3wqsVRXCX9SaDiEKlfF+rv88ZchCKgEqtHYA";

    fn key() -> PublicKey {
        KEY.parse().unwrap()
    }

    #[test]
    fn a_key_is_a_line_or_a_file() {
        let line = KEY.lines().last().unwrap();
        assert_eq!(line.parse::<PublicKey>().unwrap(), key());
        assert_eq!(format!("  {line}\n").parse::<PublicKey>().unwrap(), key());
        let swapped = line.replacen("RW", "RX", 1);
        for bad in ["", "RW", "untrusted comment: minisign public key", &line[..55], &swapped] {
            assert_eq!(bad.parse::<PublicKey>(), Err(InvalidPublicKey), "{bad}");
        }
    }

    #[test]
    fn a_signature_of_the_program_is_valid() {
        assert_eq!(key().verify(MANIFEST, SIGNATURE.as_bytes()), Ok(()));
        // Line ends of another system, and a file without its last line end.
        let edited = SIGNATURE.trim_end().replace('\n', "\r\n");
        assert_eq!(key().verify(MANIFEST, edited.as_bytes()), Ok(()));
    }

    #[test]
    fn every_changed_byte_is_detected() {
        for position in 0..MANIFEST.len() {
            let mut changed = MANIFEST.to_vec();
            changed[position] ^= 1;
            let why = key().verify(&changed, SIGNATURE.as_bytes()).unwrap_err();
            assert!(why.contains("changed after signing"), "{why}");
        }
        // The first line is a comment that nothing protects.
        let protected = SIGNATURE.find('\n').unwrap() + 1;
        for position in protected..SIGNATURE.trim_end().len() {
            let mut changed = SIGNATURE.as_bytes().to_vec();
            changed[position] ^= 1;
            assert!(key().verify(MANIFEST, &changed).is_err(), "byte {position}");
        }
    }

    #[test]
    fn a_refused_signature_has_its_reason() {
        let other: PublicKey = OTHER_KEY.parse().unwrap();
        for (key, signature, expected) in [
            (&other, SIGNATURE, "another key"),
            (&key(), LEGACY, "legacy format"),
            (&key(), "", "not a signature"),
            (&key(), KEY, "not a signature"),
            (&key(), &SIGNATURE[..SIGNATURE.len() - 20], "not a signature"),
        ] {
            let why = key.verify(MANIFEST, signature.as_bytes()).unwrap_err();
            assert!(why.contains(expected), "{why}");
        }
        assert_eq!(key().verify(MANIFEST, &[0xff, 0xfe]), Err(NO_SIGNATURE));
    }
}
