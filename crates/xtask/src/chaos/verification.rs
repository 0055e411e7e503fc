//! Verification after the last fault: the system recovers, and no reading is lost or duplicated.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::process::Child;

use super::testbed::{TOPIC, Testbed};
use crate::{audit, independent, say};

/// Timeout of the recovery, which includes a NameNode restart and a rebalance of the group.
const RECOVERY_TIMEOUT: Duration = Duration::from_secs(240);
const POLL_INTERVAL: Duration = Duration::from_secs(2);

/// Returns true without findings in the report.
pub(super) async fn run(
    testbed: &mut Testbed,
    producer: &mut Child,
    readings: u64,
) -> Result<bool> {
    testbed.services.wait_ready().await?;

    // The producer delivers its queued readings.
    match wait_for_producer(testbed, producer).await? {
        Some(status) if status.success() => {}
        Some(status) => testbed.report.finding(&format!("the producer failed: {status}")),
        None => testbed.report.finding("the producer can't deliver its readings"),
    }

    // The consumers archive the rest.
    let start = Instant::now();
    while !has_caught_up(testbed)? {
        testbed.supervise().await?;
        if start.elapsed() > RECOVERY_TIMEOUT {
            let seconds = RECOVERY_TIMEOUT.as_secs();
            testbed.report.finding(&format!("readings are not archived after {seconds} s"));
            break;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    say!("recovered {:.0} s after the last reading", start.elapsed().as_secs_f64());

    // With the consumers stopped, the table no longer changes.
    testbed.repair_all().await?;
    testbed.stop_consumers().await?;
    check_table(testbed, readings)?;
    Ok(testbed.report.findings.is_empty())
}

/// Waits for the end of the producer; `None` at the timeout.
async fn wait_for_producer(
    testbed: &mut Testbed,
    producer: &mut Child,
) -> Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() <= RECOVERY_TIMEOUT {
        testbed.supervise().await?;
        if let Some(status) = producer.try_wait()? {
            return Ok(Some(status));
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(None)
}

/// Returns true if the table's positions have reached the end of every partition.
fn has_caught_up(testbed: &Testbed) -> Result<bool> {
    // A lake that can't be read yet has not caught up.
    let Ok(audit) = audit::run(&mut testbed.program("consumer", &[]), &[]) else {
        return Ok(false);
    };
    audit::reaches_end(&audit, &testbed.services.bootstrap_servers(), TOPIC)
}

fn check_table(testbed: &mut Testbed, readings: u64) -> Result<()> {
    if let Err(error) = audit::run(&mut testbed.program("consumer", &[]), &[]) {
        testbed.report.finding(&format!("the lake's audit: {error:#}"));
    }
    // Read by another implementation of Delta: the audit could share a mistake with the archive.
    let table = testbed.copy_table()?;
    let broker = testbed.services.bootstrap_servers();
    for counts in independent::compare(&broker, &[(&table, TOPIC)])? {
        say!("independent reader: {counts}");
        for finding in independent::FINDINGS {
            if counts[finding] != 0 {
                testbed.report.finding(&format!("{finding}: {}", counts[finding]));
            }
        }
        if counts["messages"] != readings || counts["stored"] != readings {
            testbed.report.finding(&format!("{readings} readings expected in Kafka and the table"));
        }
    }
    Ok(())
}
