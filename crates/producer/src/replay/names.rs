//! Names of columns, as exports spell them.

/// A column's name, split into the name proper and the unit in brackets behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ColumnName {
    /// The name as in the file, without quotes and byte order mark.
    pub(super) text: String,
    /// The name for comparisons: lower case, without spaces, underscores, hyphens, dots and unit.
    key: String,
    /// The unit in brackets, if there is one.
    pub(super) unit: Option<String>,
}

impl ColumnName {
    pub(super) fn new(cell: &str) -> Self {
        let text = unquoted(cell.trim_start_matches('\u{feff}')).to_owned();
        let (name, unit) = split_unit(&text);
        Self { key: key(name), unit: unit.map(str::to_owned), text }
    }

    /// Returns true if the column has this name.
    pub(super) fn is(&self, name: &str) -> bool {
        !self.key.is_empty() && self.key == key(name)
    }
}

/// A cell without the quotes that `rdsamp` and some spreadsheets put around it.
pub(super) fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    for quote in ['\'', '"'] {
        let inner = cell.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner.trim();
        }
    }
    cell
}

/// Splits `Temp (°F)` or `Time [s]`.
fn split_unit(text: &str) -> (&str, Option<&str>) {
    for (open, close) in [('(', ')'), ('[', ']')] {
        let parts = text.strip_suffix(close).and_then(|rest| rest.split_once(open));
        if let Some((name, unit)) = parts
            && !name.trim().is_empty()
        {
            return (name.trim(), Some(unit.trim()));
        }
    }
    (text, None)
}

fn key(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_whitespace() && !matches!(c, '_' | '-' | '.'));
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name_are_equal() {
        for spelling in ["heart_rate", "Heart Rate", "'HEART-RATE'", "\u{feff}heart rate (bpm)"] {
            assert!(ColumnName::new(spelling).is("heart_rate"), "{spelling}");
        }
        assert!(!ColumnName::new("heart").is("heart_rate"));
        assert!(!ColumnName::new("").is(""));
        assert_eq!(ColumnName::new("Temp (°F)").unit.as_deref(), Some("°F"));
        assert_eq!(ColumnName::new("Time [s]").unit.as_deref(), Some("s"));
        assert_eq!(ColumnName::new("(bpm)").unit, None);
    }
}
