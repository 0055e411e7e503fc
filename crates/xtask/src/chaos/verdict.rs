//! After the last fault: everything recovers, and nothing is missing or there twice.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::process::Child;

use super::world::{TOPIC, World};
use crate::{audit, independent, say};

/// How long the recovery may take: a NameNode that was stopped, and a group that was stirred.
const WITHIN: Duration = Duration::from_secs(240);
const PAUSE: Duration = Duration::from_secs(2);

/// Whether all is well: what is not is among the record's findings.
pub(super) async fn reach(world: &mut World, producer: &mut Child, readings: u64) -> Result<bool> {
    world.services.wait_ready().await?;
    let start = Instant::now();
    let sent = loop {
        world.tend(false).await?;
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
        Some(status) => world.record.finding(&format!("the producer failed: {status}")),
        None => world.record.finding("the producer does not get its readings delivered"),
    }
    let start = Instant::now();
    while !is_caught_up(world)? {
        world.tend(false).await?;
        if start.elapsed() > WITHIN {
            let what = format!("not everything is archived after {} s", WITHIN.as_secs());
            world.record.finding(&what);
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    say!("recovered {:.0} s after the last reading", start.elapsed().as_secs_f64());
    world.tend(true).await?;
    world.stop_consumers().await?;
    check(world, readings)?;
    Ok(world.record.findings.is_empty())
}

/// Whether the table stands at the end of every partition.
fn is_caught_up(world: &World) -> Result<bool> {
    // A lake that can't be read yet has not caught up.
    let Ok(audit) = audit::run(&mut world.program("consumer", &[]), &[]) else { return Ok(false) };
    audit::reaches_end(&audit, &world.services.bootstrap_servers(), TOPIC)
}

fn check(world: &mut World, readings: u64) -> Result<()> {
    if let Err(error) = audit::run(&mut world.program("consumer", &[]), &[]) {
        world.record.finding(&format!("the lake's audit: {error:#}"));
    }
    let table = world.copy_table()?;
    let broker = world.services.bootstrap_servers();
    for found in independent::compare(&broker, &[(&table, TOPIC)])? {
        say!("independent reader: {found}");
        for finding in independent::FINDINGS {
            if found[finding] != 0 {
                world.record.finding(&format!("{finding}: {}", found[finding]));
            }
        }
        if found["messages"] != readings || found["stored"] != readings {
            world.record.finding(&format!("{readings} readings were to be sent and stored"));
        }
    }
    Ok(())
}
