//! Values that readers of the topic will refuse or doubt.

use std::collections::BTreeMap;

use vitals_core::domain::{
    decode::{DecodeOptions, decode},
    vital::VITALS,
};

use super::row::Row;

/// The verdicts on the values of a recording, by field and reason.
#[derive(Debug, Default)]
pub(super) struct Refusals(BTreeMap<(String, String), Refusal>);

/// Values of one field that are refused or doubted for one reason.
#[derive(Debug)]
struct Refusal {
    /// Line and value of the first one.
    line: u64,
    value: String,
    count: u64,
}

/// The decoder judges times apart from values; any instant does.
const ANY_TIME_MS: i64 = 1_763_812_800_000;

impl Refusals {
    /// Decodes every row as the consumer will.
    pub(super) fn of(rows: &[Row]) -> Self {
        let mut refusals = Self::default();
        let options = DecodeOptions::default();
        for row in rows {
            // Through JSON and the consumer's decoder, so that both judge alike.
            let Ok(message) = serde_json::to_vec(&row.reading(ANY_TIME_MS)) else { continue };
            match decode(&message, None, &options) {
                Err(rejection) => {
                    refusals.add("reading", rejection.to_string(), row, String::new());
                }
                Ok(decoded) => {
                    for refused in &decoded.refused {
                        let reason = format!("refused as {}", refused.reason.code());
                        refusals.add(&refused.field, reason, row, refused.value.clone());
                    }
                    for vital in VITALS {
                        let value = decoded.reading.vitals.get(vital);
                        if let Some(value) = value.filter(|_| decoded.flags.is_doubted(vital)) {
                            let reason = "kept as doubtful and not scored".to_owned();
                            refusals.add(vital.name(), reason, row, value.to_string());
                        }
                    }
                }
            }
        }
        refusals
    }

    fn add(&mut self, field: &str, reason: String, row: &Row, value: String) {
        let refusal = Refusal { line: row.line, value, count: 0 };
        self.0.entry((field.to_owned(), reason)).or_insert(refusal).count += 1;
    }

    /// One sentence for each field and reason.
    pub(super) fn sentences(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|((field, reason), refusal)| {
            let more = match refusal.count - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let Refusal { line, value, .. } = refusal;
            format!("{field} {value} in line {line}{more} will be {reason}")
        })
    }
}
