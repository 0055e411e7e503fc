//! `consumer erase`: erases a patient's rows from the lake.

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, ensure};
use vitals_core::runtime::{clock::now_ms, config::Settings};
use vitals_lake::{
    erase::{Erased, count, erase},
    schema::VITALS,
    table::Lake,
};

use crate::maintain;

/// The options of `consumer erase`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Erase the rows of this patient
    #[arg(long, value_name = "ID")]
    pub patient: String,
    /// Count the rows and change nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Erases the rows of a patient, or counts them, and prints a report. Predictions name no patient.
///
/// # Errors
/// When the lake can't be read or written, or another process maintains the table meanwhile.
pub async fn run(settings: &Settings, options: &Options) -> anyhow::Result<()> {
    ensure!(!options.patient.is_empty(), "--patient is empty");
    let lake = Lake::new(&settings.lake)?;
    let policy = maintain::policy(&settings.consumer.maintenance, &lake, true);
    let name = VITALS.name;
    let found = if options.dry_run {
        count(&lake.with_timeout(policy.timeout), name, &options.patient).await?
    } else {
        erase(&lake, name, &options.patient, &policy, now_ms()).await?
    };
    let erased = found.with_context(|| format!("no table {}", lake.table_url(name)))?;
    let text = report(erased, options.dry_run, policy.retention);
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn report(erased: Erased, dry_run: bool, retention: Duration) -> String {
    let Erased { files, readings, rejected } = erased;
    let text = format!("{readings} readings and {rejected} rejected messages in {files} files");
    if dry_run {
        return format!("{text}\ndry run: nothing was changed\n");
    }
    let hours = retention.as_secs().div_ceil(3600);
    format!(
        "{text} erased\nOlder versions of the table hold them until maintenance deletes the \
         replaced files, {hours} h from now.\nKafka and the spools may hold more: see \
         \"Erase a patient\" in docs/operations.md.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_where_the_rows_still_are() {
        let erased = Erased { files: 2, readings: 30, rejected: 1 };
        insta::assert_snapshot!(report(erased, false, Duration::from_secs(7 * 86_400)), @r#"
        30 readings and 1 rejected messages in 2 files erased
        Older versions of the table hold them until maintenance deletes the replaced files, 168 h from now.
        Kafka and the spools may hold more: see "Erase a patient" in docs/operations.md.
        "#);
        insta::assert_snapshot!(report(erased, true, Duration::ZERO), @r"
        30 readings and 1 rejected messages in 2 files
        dry run: nothing was changed
        ");
    }
}
