//! Parses an event stream, as a browser does.

use std::time::Duration;

use reqwest::Response;
use serde_json::Value;

/// The events of one stream.
pub(crate) struct EventReader {
    pub(crate) response: Response,
    pending: String,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) id: Option<u64>,
    pub(crate) data: Value,
}

impl Event {
    /// The value of a patient's vital.
    pub(crate) fn vital(&self, id: &str, vital: &str) -> Option<f64> {
        let patients = self.data["patients"].as_array()?;
        let patient = patients.iter().find(|patient| patient["patient_id"] == id)?;
        patient["vitals"][vital]["value"].as_f64()
    }
}

impl EventReader {
    pub(crate) const fn new(response: Response) -> Self {
        Self { response, pending: String::new() }
    }

    /// The next event; `None` at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.pending.split_once("\n\n") {
                let event = parse(block);
                self.pending = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk());
            let chunk = chunk.await.expect("no event for 10 s").unwrap()?;
            self.pending += std::str::from_utf8(&chunk).unwrap();
        }
    }

    /// The next event named `name`.
    pub(crate) async fn find(&mut self, name: &str) -> Event {
        self.find_with(|event| event.name == name).await
    }

    /// The next event that `matches`.
    pub(crate) async fn find_with(&mut self, matches: impl Fn(&Event) -> bool) -> Event {
        let found = async {
            loop {
                let event = self.next().await.expect("the stream ended");
                if matches(&event) {
                    return event;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found)
            .await
            .expect("no matching event for 20 s")
    }
}

/// Parses a block; `None` for a block that is not an event, such as the retry delay.
fn parse(block: &str) -> Option<Event> {
    let field = |name| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim_start);
    let data = serde_json::from_str(field("data:")?).unwrap();
    let id = field("id:").map(|id| id.parse().unwrap());
    Some(Event { name: field("event:")?.to_owned(), id, data })
}
