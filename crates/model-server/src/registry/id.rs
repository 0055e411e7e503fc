//! Name and version of a saved model, safe to be part of a path.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A model and one of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct ModelId {
    name: String,
    version: String,
}

/// A name or version that could lead out of the registry.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0:?} is not a name: up to 64 of a-z, 0-9, '_' and '-'")]
pub struct NotAName(String);

impl ModelId {
    /// Checks both parts: lower-case letters, digits, `_` and `-` only.
    ///
    /// # Errors
    /// The part that is none.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Result<Self, NotAName> {
        let (name, version) = (name.into(), version.into());
        for part in [&name, &version] {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-".contains(c);
            if part.is_empty() || part.len() > 64 || !part.chars().all(plain) {
                return Err(NotAName(part.chars().take(80).collect()));
            }
        }
        Ok(Self { name, version })
    }

    /// The model.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.version)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    name: String,
    version: String,
}

impl TryFrom<Parts> for ModelId {
    type Error = NotAName;

    fn try_from(parts: Parts) -> Result<Self, NotAName> {
        Self::new(parts.name, parts.version)
    }
}

impl From<ModelId> for Parts {
    fn from(id: ModelId) -> Self {
        Self { name: id.name, version: id.version }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken() {
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
