//! A browser's live view: it opens the event stream and sees numbers move.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::{Client, Response};
use serde_json::Value;

use super::super::layout::Addresses;
use super::super::sse::Parser;

/// How long the numbers may stand still.
const MOVES_WITHIN: Duration = Duration::from_secs(10);

/// Opens the stream and waits until a heart rate has changed.
pub(super) async fn served(client: &Client, at: &Addresses) -> Result<String> {
    let url = format!("http://{}/api/live", at.dashboard);
    let response = client.get(&url).header("accept", "text/event-stream").send().await?;
    let status = response.status();
    ensure!(status.is_success(), "GET {url} answers {status}");
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    ensure!(
        kind.is_some_and(|kind| kind.starts_with("text/event-stream")),
        "GET {url} answers with {kind:?}, not an event stream"
    );
    tokio::time::timeout(MOVES_WITHIN, moves(response))
        .await
        .with_context(|| format!("no heart rate moved within {} s", MOVES_WITHIN.as_secs()))?
}

async fn moves(mut response: Response) -> Result<String> {
    let mut parser = Parser::default();
    let mut ward = Ward::default();
    while let Some(chunk) = response.chunk().await? {
        parser.push(&chunk);
        while let Some(event) = parser.next() {
            let data = serde_json::from_str(&event.data).with_context(|| {
                format!("the data of a live event `{}` is not JSON", event.name)
            })?;
            if let Some(seen) = ward.take(&event.name, &data)? {
                return Ok(seen);
            }
        }
    }
    bail!("the live stream ended by itself")
}

/// What the page would show: the last heart rate of everybody.
#[derive(Debug, Default)]
struct Ward {
    opened: bool,
    heart_rates: HashMap<String, f64>,
}

impl Ward {
    /// Takes an event; says so when a shown heart rate has changed.
    fn take(&mut self, event: &str, data: &Value) -> Result<Option<String>> {
        match event {
            "snapshot" => self.opened = true,
            "update" => ensure!(self.opened, "a live view starts with an update, not a snapshot"),
            _ => return Ok(None),
        }
        let patients = data["patients"].as_array().context("a live event has no patients")?;
        let mut moved = None;
        for patient in patients {
            let id = patient["patient_id"].as_str().context("a patient without an id")?;
            let Some(rate) = patient["vitals"]["heart_rate"]["value"].as_f64() else {
                continue;
            };
            let before = self.heart_rates.insert(id.to_owned(), rate);
            // After a gap a whole snapshot comes; what counts is a change that was pushed.
            if let Some(before) = before.filter(|&before| before != rate && event == "update") {
                moved = Some((before, rate));
            }
        }
        Ok(moved.map(|(before, now)| {
            let patients = self.heart_rates.len();
            format!("{patients} patients live, and a heart rate moved from {before} to {now}")
        }))
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
    fn only_a_pushed_change_is_a_moving_number() {
        let mut ward = Ward::default();
        assert_eq!(ward.take("snapshot", &patients(70.0)).unwrap(), None);
        assert_eq!(ward.take("heartbeat", &json!({})).unwrap(), None);
        assert_eq!(ward.take("update", &patients(70.0)).unwrap(), None);
        assert_eq!(ward.take("snapshot", &patients(71.0)).unwrap(), None);
        assert!(ward.take("update", &patients(72.0)).unwrap().is_some());
    }

    #[test]
    fn the_first_event_must_be_the_snapshot() {
        Ward::default().take("update", &patients(70.0)).unwrap_err();
    }
}
