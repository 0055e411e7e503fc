//! The id of a saved model: name and version, both safe in a path.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A model and one of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "RawId", into = "RawId")]
pub struct ModelId {
    name: String,
    version: String,
}

/// A name or version that could escape the registry's folder.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a valid name: use up to 64 of a-z, 0-9, '_' and '-'")]
pub struct InvalidName(String);

impl ModelId {
    /// Validates both parts: up to 64 lower-case letters, digits, `_` and `-`.
    ///
    /// # Errors
    /// The first invalid part.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Result<Self, InvalidName> {
        let name = name.into();
        let version = version.into();
        for part in [&name, &version] {
            if !Self::is_valid_part(part) {
                // The name may come from a client: a long one is cut.
                return Err(InvalidName(part.chars().take(80).collect()));
            }
        }
        Ok(Self { name, version })
    }

    /// Returns true if the text can be a name or a version.
    pub(super) fn is_valid_part(part: &str) -> bool {
        !part.is_empty() && part.len() <= 64 && part.chars().all(is_plain)
    }

    /// Name of the model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version of the model.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c)
}

impl FromStr for ModelId {
    type Err = InvalidName;

    /// Parses `name/version`.
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match text.split_once('/') {
            Some((name, version)) => Self::new(name, version),
            None => Err(InvalidName(text.chars().take(80).collect())),
        }
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}

/// The serialised form, not validated.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawId {
    name: String,
    version: String,
}

impl TryFrom<RawId> for ModelId {
    type Error = InvalidName;

    fn try_from(raw: RawId) -> Result<Self, InvalidName> {
        Self::new(raw.name, raw.version)
    }
}

impl From<ModelId> for RawId {
    fn from(id: ModelId) -> Self {
        Self { name: id.name, version: id.version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_valid() {
        assert!(ModelId::new("logistic", "0a1b2c").is_ok());
        assert!(ModelId::new("spline_2", "v-1").is_ok());
        for bad in ["", "..", "a/b", "A", "a b", "a.b", "\u{e9}", &"a".repeat(65)] {
            assert!(ModelId::new(bad, "1").is_err(), "{bad:?}");
            assert!(ModelId::new("logistic", bad).is_err(), "{bad:?}");
        }
        let json = r#"{"name":"../../etc","version":"1"}"#;
        assert!(serde_json::from_str::<ModelId>(json).is_err());
    }
}
