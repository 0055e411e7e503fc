//! The checks of one run, each repeated until it succeeds.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};

use super::super::layout::Addresses;
use super::{live, page, pipeline};
use crate::terminal::{Colour, paint};
use crate::{http, say};

const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The checks of one run.
pub(in crate::demo) struct Checklist {
    addresses: Addresses,
    produced: Check,
    archived: Check,
    served: Check,
    predicted: Check,
}

/// One check.
struct Check {
    name: &'static str,
    /// The observation, or the error of the last attempt.
    outcome: Result<String>,
}

impl Checklist {
    pub(in crate::demo) fn new(addresses: &Addresses) -> Self {
        Self {
            addresses: addresses.clone(),
            produced: Check::new("produced"),
            archived: Check::new("archived"),
            served: Check::new("served"),
            predicted: Check::new("predicted"),
        }
    }

    /// Repeats the checks until each has succeeded. Outcomes survive a cancellation.
    pub(in crate::demo) async fn run(&mut self) {
        let client = match http::client() {
            Ok(client) => client,
            Err(error) => return self.produced.outcome = Err(error),
        };
        let client = &client;
        let at = &self.addresses;
        // At the same time, because each waits for another part of the pipeline.
        tokio::join!(
            self.produced.repeat(async || pipeline::produced(client, at).await),
            self.archived.repeat(async || pipeline::archived(client, at).await),
            self.served.repeat(async || {
                let page = page::served(client, at).await?;
                Ok(format!("{page}; {}", live::served(client, &at.dashboard).await?))
            }),
            self.predicted.repeat(async || pipeline::predicted(client, at).await),
        );
    }

    /// Returns an error with the cause of every check that has not succeeded.
    pub(in crate::demo) fn verdict(&self) -> Result<()> {
        let checks = [&self.produced, &self.archived, &self.served, &self.predicted];
        let failed: Vec<_> = checks.iter().filter_map(|check| check.failure()).collect();
        if failed.is_empty() {
            say!("{}", paint(Colour::Green, "check: all checks passed"));
            return Ok(());
        }
        bail!("checks failed\n  {}", failed.join("\n  "))
    }
}

impl Check {
    fn new(name: &'static str) -> Self {
        Self { name, outcome: Err(anyhow!("not attempted")) }
    }

    async fn repeat(&mut self, mut attempt: impl AsyncFnMut() -> Result<String>) {
        loop {
            self.outcome = attempt().await;
            if let Ok(observation) = &self.outcome {
                let label = paint(Colour::Green, &format!("check: {} -", self.name));
                say!("{label} {observation}");
                return;
            }
            tokio::time::sleep(RETRY_INTERVAL).await;
        }
    }

    fn failure(&self) -> Option<String> {
        let error = self.outcome.as_ref().err()?;
        Some(format!("{}: {error:#}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_check_is_repeated_until_it_succeeds() {
        let mut attempts = 0;
        let mut check = Check::new("x");
        check
            .repeat(async || {
                attempts += 1;
                if attempts < 3 { Err(anyhow!("not yet")) } else { Ok("there".to_owned()) }
            })
            .await;
        assert_eq!(attempts, 3);
        assert_eq!(check.outcome.unwrap(), "there");
    }

    #[test]
    fn the_verdict_names_failed_checks_with_their_causes() {
        let mut checklist = Checklist::new(&Addresses::choose(true).unwrap());
        for check in [&mut checklist.produced, &mut checklist.archived, &mut checklist.served] {
            check.outcome = Ok(String::new());
        }
        checklist.predicted.outcome = Err(anyhow!("the model server is down"));
        let error = checklist.verdict().unwrap_err().to_string();
        assert!(error.contains("predicted: the model server is down"), "{error}");
        assert!(!error.contains("archived"), "{error}");
        checklist.predicted.outcome = Ok(String::new());
        checklist.verdict().unwrap();
    }
}
