//! Settings of the decoder. Every service that decodes readings uses the same.

use serde::{Deserialize, Deserializer, Serialize};

/// Limits of a reading's timestamp, relative to the arrival of its message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeLimits {
    /// A reading further ahead has the time of its arrival, and a flag, ms.
    pub max_future_ms: i64,
    /// A reading further behind is flagged as late, ms.
    pub late_after_ms: i64,
}

impl Default for TimeLimits {
    fn default() -> Self {
        Self { max_future_ms: 300_000, late_after_ms: 3_600_000 }
    }
}

/// Units of sources that deviate from the contract.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnitSettings {
    /// Devices that send the temperature in degrees Fahrenheit: a `device_id`, or the beginning of
    /// one with `*` at its end. A list, or text with commas.
    #[serde(deserialize_with = "list_or_text")]
    pub fahrenheit_devices: Vec<String>,
}

/// A variable of the environment is text.
fn list_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum ListOrText {
        List(Vec<String>),
        Text(String),
    }
    Ok(match ListOrText::deserialize(deserializer)? {
        ListOrText::List(list) => list,
        ListOrText::Text(text) => {
            let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
            names.map(ToOwned::to_owned).collect()
        }
    })
}

impl UnitSettings {
    /// Returns true if `device` sends the temperature in degrees Fahrenheit.
    #[must_use]
    pub fn is_fahrenheit(&self, device: Option<&str>) -> bool {
        self.fahrenheit_devices.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => device.unwrap_or_default().starts_with(start),
            None => device == Some(pattern),
        })
    }
}

/// All settings of the decoder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecodeOptions {
    /// Limits of a reading's timestamp.
    pub times: TimeLimits,
    /// Units of sources that deviate from the contract.
    pub units: UnitSettings,
}

impl From<TimeLimits> for DecodeOptions {
    fn from(times: TimeLimits) -> Self {
        Self { times, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_named_whole_or_by_its_beginning() {
        let units = |pattern: &str| UnitSettings { fahrenheit_devices: vec![pattern.to_owned()] };
        assert!(units("ear-1").is_fahrenheit(Some("ear-1")));
        assert!(!units("ear-1").is_fahrenheit(Some("ear-17")));
        assert!(units("ear-*").is_fahrenheit(Some("ear-17")));
        assert!(!units("ear-*").is_fahrenheit(None));
        assert!(units("*").is_fahrenheit(None));
        assert!(!UnitSettings::default().is_fahrenheit(Some("ear-1")));
    }
}
