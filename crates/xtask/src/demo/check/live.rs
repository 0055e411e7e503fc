//! Check of the live view: the event stream pushes changing values.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Response};
use serde_json::Value;

use super::super::sse::Parser;

/// Timeout of the first change.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the stream and waits until a heart rate changes.
pub(crate) async fn served(client: &Client, dashboard: &str) -> Result<String> {
    let url = format!("http://{dashboard}/api/live");
    let response = client.get(&url).header("accept", "text/event-stream").send().await?;
    let status = response.status();
    ensure!(status.is_success(), "GET {url} returned {status}");
    let content_type = response.headers().get("content-type").and_then(|it| it.to_str().ok());
    ensure!(
        content_type.is_some_and(|content_type| content_type.starts_with("text/event-stream")),
        "GET {url} returned {content_type:?}, not an event stream"
    );
    // A stream that stays open without a change would be waited for without an end.
    tokio::time::timeout(CHANGE_TIMEOUT, first_change(response))
        .await
        .with_context(|| format!("no heart rate changed within {} s", CHANGE_TIMEOUT.as_secs()))?
}

async fn first_change(mut response: Response) -> Result<String> {
    let mut parser = Parser::default();
    let mut ward = Ward::default();
    while let Some(chunk) = response.chunk().await? {
        parser.push(&chunk);
        while let Some(event) = parser.next() {
            let data = serde_json::from_str(&event.data).with_context(|| {
                format!("the data of a live event `{}` is not JSON", event.name)
            })?;
            if let Some(change) = ward.apply(&event.name, &data)? {
                return Ok(change);
            }
        }
    }
    bail!("the live stream ended unexpectedly")
}

/// The state of the page: the last heart rate of every patient.
#[derive(Debug, Default)]
struct Ward {
    /// True after the first snapshot.
    opened: bool,
    heart_rates: HashMap<String, f64>,
}

impl Ward {
    /// Applies an event. Returns a description if an update changed a heart rate.
    fn apply(&mut self, event: &str, data: &Value) -> Result<Option<String>> {
        match event {
            "snapshot" => self.opened = true,
            "update" => {
                ensure!(self.opened, "the live stream starts with an update instead of a snapshot");
            }
            _ => return Ok(None),
        }
        let patients = data["patients"].as_array().context("a live event has no patients")?;
        let mut change = None;
        for patient in patients {
            let id = patient["patient_id"].as_str().context("a patient without an id")?;
            // A patient may lack a heart rate.
            let Some(rate) = patient["vitals"]["heart_rate"]["value"].as_f64() else {
                continue;
            };
            let before = self.heart_rates.insert(id.to_owned(), rate);
            // A snapshot follows a gap in the stream; the check requires a pushed change.
            if let Some(before) = before.filter(|&before| before != rate && event == "update") {
                change = Some((before, rate));
            }
        }
        let Some((before, after)) = change else { return Ok(None) };
        let patients = self.heart_rates.len();
        Ok(Some(format!("{patients} patients live, a heart rate changed from {before} to {after}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patients(rate: f64) -> Value {
        json!({"patients": [
            {"patient_id": "a", "vitals": {"heart_rate": {"value": rate}}},
            {"patient_id": "b", "vitals": {}},
        ]})
    }

    #[test]
    fn only_a_change_in_an_update_counts() {
        let mut ward = Ward::default();
        assert_eq!(ward.apply("snapshot", &patients(70.0)).unwrap(), None);
        assert_eq!(ward.apply("heartbeat", &json!({})).unwrap(), None);
        assert_eq!(ward.apply("update", &patients(70.0)).unwrap(), None);
        assert_eq!(ward.apply("snapshot", &patients(71.0)).unwrap(), None);
        assert!(ward.apply("update", &patients(72.0)).unwrap().is_some());
    }

    #[test]
    fn the_first_event_must_be_a_snapshot() {
        Ward::default().apply("update", &patients(70.0)).unwrap_err();
    }
}
