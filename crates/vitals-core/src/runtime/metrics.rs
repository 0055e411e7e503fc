//! Descriptions of metrics: each crate declares its metrics once, for Prometheus and for the docs.
//!
//! A crate's module `metrics` is the only one that records metrics. Its `METRICS` table is
//! registered with [`describe`] at start, and a test passes it to [`assert_documented`].
#![expect(clippy::disallowed_macros, reason = "registers the tables of all crates")]

use std::path::{Path, PathBuf};

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// A metric: its name, kind, help text and labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Name with the prefix `vitals_`; the suffix is the unit, `_total` for a counter.
    pub name: &'static str,
    /// The kind of metric.
    pub kind: MetricKind,
    /// One sentence for the dashboard that shows it.
    pub help: &'static str,
    /// Names of the labels.
    pub labels: &'static [&'static str],
}

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// A monotonically increasing count.
    Counter,
    /// A value that rises and falls.
    Gauge,
    /// A distribution of samples.
    Histogram,
}

impl MetricKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// Registers the help texts of `metrics` with the recorder.
pub fn describe(metrics: &[Metric]) {
    for metric in metrics {
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, metric.help),
            MetricKind::Gauge => describe_gauge!(metric.name, metric.help),
            MetricKind::Histogram => describe_histogram!(metric.name, metric.help),
        }
    }
}

/// The rows of a Markdown table: name, kind, labels, help.
#[must_use]
pub fn markdown_rows(metrics: &[Metric]) -> String {
    metrics.iter().map(markdown_row).collect()
}

fn markdown_row(metric: &Metric) -> String {
    let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
    let Metric { name, kind, help, .. } = metric;
    format!("| `{name}` | {} | {} | {help} |\n", kind.name(), labels.join(", "))
}

/// Panics unless `docs/metrics.md` documents exactly `metrics` under the heading `crate_name`, or
/// rewrites that section's table if the environment sets `BLESS=1`. For tests.
///
/// # Panics
/// If a metric lacks the prefix `vitals_` or the docs differ.
pub fn assert_documented(crate_name: &str, metrics: &[Metric]) {
    for metric in metrics {
        assert!(metric.name.starts_with("vitals_"), "{}: prefix is not vitals_", metric.name);
    }
    let path = docs();
    let read = std::fs::read_to_string(&path);
    let text = read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let expected = with_table(&text, crate_name, &markdown_rows(metrics))
        .unwrap_or_else(|| panic!("docs/metrics.md has no heading `## {crate_name}`"));
    if std::env::var_os("BLESS").is_some() {
        let written = std::fs::write(&path, expected);
        written.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        return;
    }
    assert!(
        text == expected,
        "docs/metrics.md differs from {crate_name}'s METRICS; run the test again with BLESS=1",
    );
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md")
}

const TABLE_HEAD: &str = "| metric | kind | labels | meaning |\n|---|---|---|---|\n";

/// `text` with the table of section `## heading` replaced; `None` if there is no such section.
fn with_table(text: &str, heading: &str, rows: &str) -> Option<String> {
    let heading = format!("## {heading}\n");
    let start = text.find(&heading)? + heading.len();
    // The section ends at the next heading.
    let (before, section) = text.split_at(start);
    let end = section.find("\n## ").map_or(section.len(), |end| end + 1);
    let (section, after) = section.split_at(end);

    // The prose of the section stays; its table moves behind it.
    let prose: Vec<_> = section.lines().filter(|line| !line.starts_with('|')).collect();
    let prose = prose.join("\n");
    let prose = prose.trim();
    let prose = if prose.is_empty() { String::new() } else { format!("{prose}\n\n") };
    let gap = if after.is_empty() { "" } else { "\n" };
    Some(format!("{before}\n{prose}{TABLE_HEAD}{rows}{gap}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAG: Metric = Metric {
        name: "vitals_archive_lag",
        kind: MetricKind::Gauge,
        help: "Messages not archived yet.",
        labels: &["topic", "partition"],
    };

    #[test]
    fn a_row_has_the_name_kind_labels_and_help() {
        let expected = "| `vitals_archive_lag` | gauge | `topic`, `partition` | Messages not archived yet. |\n";
        assert_eq!(markdown_rows(&[LAG]), expected);
    }

    #[test]
    fn only_the_section_of_the_crate_is_replaced() {
        let text = "# Metrics\n\n## consumer\n\nNotes.\n\n| old |\n\n## producer\n\n| kept |\n";
        let replaced = with_table(text, "consumer", "| new |\n").unwrap();
        let expected = format!(
            "# Metrics\n\n## consumer\n\nNotes.\n\n{TABLE_HEAD}| new |\n\n## producer\n\n| kept |\n"
        );
        assert_eq!(replaced, expected);
        assert_eq!(with_table(&replaced, "consumer", "| new |\n").unwrap(), expected);
        let last = with_table(&replaced, "producer", "| p |\n").unwrap();
        assert!(last.ends_with(&format!("## producer\n\n{TABLE_HEAD}| p |\n")), "{last}");
        assert_eq!(with_table(text, "dashboard", ""), None);
    }
}
