//! After the last fault: everything recovers, and nothing is missing or there twice.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::process::Child;

use super::testbed::{TOPIC, Testbed};
use crate::{audit, independent, say};

/// How long the recovery may take: a NameNode that was stopped, and a group that was stirred.
const WITHIN: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_secs(2);

/// Whether all is well: what is not is among the report's findings.
pub(super) async fn run(
    testbed: &mut Testbed,
    producer: &mut Child,
    readings: u64,
) -> Result<bool> {
    testbed.services.wait_ready().await?;
    let start = Instant::now();
    let sent = loop {
        testbed.supervise(false).await?;
        if let Some(status) = producer.try_wait()? {
            break Some(status);
        }
        if start.elapsed() > WITHIN {
            break None;
        }
        tokio::time::sleep(PAUSE).await;
    };
    match sent {
        Some(status) if status.success() => {}
        Some(status) => testbed.report.finding(&format!("the producer failed: {status}")),
        None => testbed.report.finding("the producer does not get its readings delivered"),
    }
    let start = Instant::now();
    while !is_caught_up(testbed)? {
        testbed.supervise(false).await?;
        if start.elapsed() > WITHIN {
            let what = format!("not everything is archived after {} s", WITHIN.as_secs());
            testbed.report.finding(&what);
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    say!("recovered {:.0} s after the last reading", start.elapsed().as_secs_f64());
    testbed.supervise(true).await?;
    testbed.stop_consumers().await?;
    check(testbed, readings)?;
    Ok(testbed.report.findings.is_empty())
}

/// Whether the table stands at the end of every partition.
fn is_caught_up(testbed: &Testbed) -> Result<bool> {
    // A lake that can't be read yet has not caught up.
    let Ok(audit) = audit::run(&mut testbed.program("consumer", &[]), &[]) else {
        return Ok(false);
    };
    audit::reaches_end(&audit, &testbed.services.bootstrap_servers(), TOPIC)
}

fn check(testbed: &mut Testbed, readings: u64) -> Result<()> {
    if let Err(error) = audit::run(&mut testbed.program("consumer", &[]), &[]) {
        testbed.report.finding(&format!("the lake's audit: {error:#}"));
    }
    let table = testbed.copy_table()?;
    let broker = testbed.services.bootstrap_servers();
    for found in independent::compare(&broker, &[(&table, TOPIC)])? {
        say!("independent reader: {found}");
        for finding in independent::FINDINGS {
            if found[finding] != 0 {
                testbed.report.finding(&format!("{finding}: {}", found[finding]));
            }
        }
        if found["messages"] != readings || found["stored"] != readings {
            testbed.report.finding(&format!("{readings} readings were to be sent and stored"));
        }
    }
    Ok(())
}
