//! The checklist of one run, observed until complete.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use super::super::layout::Addresses;
use super::{live, page, pipeline};
use crate::terminal::{Colour, paint};
use crate::{http, say};

const PAUSE: Duration = Duration::from_millis(500);

/// The observations of one run.
pub(in crate::demo) struct Checklist {
    addresses: Addresses,
    produced: Observation,
    archived: Observation,
    served: Observation,
    predicted: Observation,
}

/// One thing to be seen.
struct Observation {
    name: &'static str,
    /// What was seen, or why not at the last try.
    outcome: Result<String>,
}

impl Checklist {
    pub(in crate::demo) fn new(addresses: &Addresses) -> Self {
        Self {
            addresses: addresses.clone(),
            produced: Observation::new("produced"),
            archived: Observation::new("archived"),
            served: Observation::new("served"),
            predicted: Observation::new("predicted"),
        }
    }

    /// Looks until everything was seen. What was seen by then stays when it is cancelled.
    pub(in crate::demo) async fn watch(&mut self) {
        let client = match http::client() {
            Ok(client) => client,
            Err(error) => return self.produced.outcome = Err(error),
        };
        let (client, at) = (&client, &self.addresses);
        tokio::join!(
            self.produced.until_seen(async || pipeline::produced(client, at).await),
            self.archived.until_seen(async || pipeline::archived(client, at).await),
            self.served.until_seen(async || {
                let page = page::served(client, at).await?;
                Ok(format!("{page}; {}", live::served(client, at).await?))
            }),
            self.predicted.until_seen(async || pipeline::predicted(client, at).await),
        );
    }

    /// Success when everything was seen; the error names what was not, and why.
    pub(in crate::demo) fn verdict(&self) -> Result<()> {
        let all = [&self.produced, &self.archived, &self.served, &self.predicted];
        let missing: Vec<_> = all
            .iter()
            .filter_map(|it| {
                it.outcome.as_ref().err().map(|error| format!("{}: {error:#}", it.name))
            })
            .collect();
        if missing.is_empty() {
            say!("{}", paint(Colour::Green, "check: everything was seen"));
            return Ok(());
        }
        bail!("the check has not seen everything\n  {}", missing.join("\n  "))
    }
}

impl Observation {
    fn new(name: &'static str) -> Self {
        Self { name, outcome: Err(anyhow!("not looked at yet")) }
    }

    async fn until_seen(&mut self, mut look: impl AsyncFnMut() -> Result<String>) {
        loop {
            self.outcome = look().await;
            if let Ok(seen) = &self.outcome {
                say!("{} {seen}", paint(Colour::Green, &format!("check: {} -", self.name)));
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_looks_again_until_it_sees() {
        let mut tries = 0;
        let mut observation = Observation::new("x");
        observation
            .until_seen(async || {
                tries += 1;
                if tries < 3 { Err(anyhow!("not yet")) } else { Ok("there".to_owned()) }
            })
            .await;
        assert_eq!(tries, 3);
        assert_eq!(observation.outcome.unwrap(), "there");
    }

    #[test]
    fn the_verdict_names_what_is_missing_and_why() {
        let mut check = Checklist::new(&Addresses::choose(true).unwrap());
        for seen in [&mut check.produced, &mut check.archived, &mut check.served] {
            seen.outcome = Ok(String::new());
        }
        check.predicted.outcome = Err(anyhow!("the model server is away"));
        let error = check.verdict().unwrap_err().to_string();
        assert!(error.contains("predicted: the model server is away"), "{error}");
        assert!(!error.contains("archived"), "{error}");
        check.predicted.outcome = Ok(String::new());
        check.verdict().unwrap();
    }
}
