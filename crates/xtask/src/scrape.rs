//! Counters and gauges from a service's `/metrics`, in Prometheus' text format.

use anyhow::{Context, Result};
use reqwest::Client;

/// The samples of one scrape.
#[derive(Clone, Debug)]
pub struct Scrape(String);

impl Scrape {
    /// Scrapes `http://ADDRESS/metrics`.
    ///
    /// # Errors
    /// Returns an error if the service doesn't respond with 2xx.
    pub async fn of(client: &Client, address: &str) -> Result<Self> {
        let url = format!("http://{address}/metrics");
        let response = client
            .get(&url)
            .timeout(std::time::Duration::from_secs(5))
            .send()
            .await
            .with_context(|| format!("GET {url}"))?
            .error_for_status()?;
        Ok(Self(response.text().await?))
    }

    /// Sums the samples of metric `name` whose labels contain `label` (`reason="x"`, or empty for all);
    /// `None` without such a sample.
    #[must_use]
    pub fn sum(&self, name: &str, label: &str) -> Option<f64> {
        self.0
            .lines()
            .filter_map(|line| sample(line, name, label))
            .reduce(|total, value| total + value)
    }
}

#[cfg(test)]
impl From<&str> for Scrape {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

fn sample(line: &str, name: &str, label: &str) -> Option<f64> {
    let rest = line.strip_prefix(name)?;
    // A sample: NAME{LABELS} VALUE [TIMESTAMP].
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => rest.rsplit_once('}')?,
        // Without labels a space follows; otherwise this is a longer name.
        None => ("", rest.strip_prefix(' ').map(|_| rest)?),
    };
    if !labels.contains(label) {
        return None;
    }
    value.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_summed_by_name_and_label() {
        let text =
            "# HELP a help\n# TYPE a counter\na{x=\"1\"} 2\na{x=\"2\"} 3 1700000000\nab 7\nb 1.5\n";
        let scrape = Scrape(text.to_owned());
        assert_eq!(scrape.sum("a", ""), Some(5.0));
        assert_eq!(scrape.sum("a", "x=\"2\""), Some(3.0));
        assert_eq!(scrape.sum("b", ""), Some(1.5));
        assert_eq!(scrape.sum("c", ""), None);
        assert_eq!(scrape.sum("a", "x=\"3\""), None);
    }
}
