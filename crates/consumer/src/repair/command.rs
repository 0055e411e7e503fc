//! The command `consumer repair`.

use std::io::Write as _;

use vitals_core::{domain::offset_range::OffsetRange, runtime::config::Settings};

use super::run::{Repaired, repair};
use crate::feed::TableOption;

/// The options of `consumer repair`.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Options {
    #[command(flatten)]
    table: TableOption,
    /// The partition
    #[arg(long)]
    partition: i32,
    /// The first offset
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
    from: i64,
    /// The offset after the last one
    #[arg(long, value_parser = clap::value_parser!(i64).range(0..))]
    to: i64,
}

/// Repairs the range, and prints a report.
///
/// # Errors
/// When Kafka or the lake is unavailable, the range is not archived yet or is of another log, or
/// another process maintains the table.
pub async fn run(settings: &Settings, options: Options) -> anyhow::Result<()> {
    let Options { table, partition, from, to } = options;
    let range = OffsetRange { start: from, end: to };
    let repaired = repair(settings, table.feed, partition, range).await?;
    std::io::stdout().write_all(report(partition, range, repaired).as_bytes())?;
    Ok(())
}

fn report(partition: i32, range: OffsetRange, repaired: Repaired) -> String {
    let OffsetRange { start, end } = range;
    let place = format!("partition {partition}, offsets {start} to {}", end - 1);
    let Repaired { missing, messages, no_message, lost } = repaired;
    if missing == 0 {
        return format!("{place}: every message has its row; nothing was changed\n");
    }
    format!(
        "{place}: {missing} offsets had no message in the table\n\
         {messages} messages were read again and stored\n\
         {no_message} offsets never held a message\n\
         {lost} messages are no longer in Kafka\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_accounts_for_every_missing_offset() {
        let range = OffsetRange { start: 10, end: 40 };
        let repaired = Repaired { missing: 12, messages: 7, no_message: 3, lost: 2 };
        insta::assert_snapshot!(report(3, range, repaired), @r"
        partition 3, offsets 10 to 39: 12 offsets had no message in the table
        7 messages were read again and stored
        3 offsets never held a message
        2 messages are no longer in Kafka
        ");
        insta::assert_snapshot!(report(3, range, Repaired::default()), @"partition 3, offsets 10 to 39: every message has its row; nothing was changed");
    }
}
