//! `consumer erase`: erases a patient's rows from the lake.

use std::{io::Write as _, time::Duration};

use anyhow::{Context as _, ensure};
use vitals_core::runtime::{clock::now_ms, config::Settings};
use vitals_lake::{
    erase::{Erased, count, erase},
    schema::{ALERTS, PATIENT_CONTEXT, Table, VITALS},
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

/// The tables with data of patients. Predictions name none, and table `audit` is the record of who has
/// seen a patient, which has to outlast the data.
const TABLES: [&Table; 3] = [&VITALS, &PATIENT_CONTEXT, &ALERTS];

/// Erases the rows of a patient, or counts them, and prints a report.
///
/// # Errors
/// When the lake can't be read or written, or another process maintains a table meanwhile.
pub async fn run(settings: &Settings, options: &Options) -> anyhow::Result<()> {
    ensure!(!options.patient.is_empty(), "--patient is empty");
    let lake = Lake::new(&settings.lake)?;
    let policy = maintain::policy(&settings.consumer.maintenance, &lake, true);
    let mut found = Vec::new();
    // One commit per table, because Delta has no transaction across tables; after a failure, a
    // second run erases the rest.
    for name in TABLES.map(|table| table.name) {
        let erased = if options.dry_run {
            count(&lake.with_timeout(policy.timeout), name, &options.patient).await
        } else {
            erase(&lake, name, &options.patient, &policy, now_ms()).await
        };
        if let Some(erased) = erased.with_context(|| format!("table {name}"))? {
            found.push((name, erased));
        }
    }
    ensure!(!found.is_empty(), "no table {}", lake.table_url(VITALS.name));
    let text = report(&found, options.dry_run, policy.retention);
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn report(found: &[(&str, Erased)], dry_run: bool, retention: Duration) -> String {
    let mut text = String::new();
    for (name, Erased { files, valid, rejected }) in found {
        text += &format!(
            "table {name}: {valid} valid and {rejected} rejected messages in {files} files\n"
        );
    }
    let rows: u64 = found.iter().map(|(_, erased)| erased.valid + erased.rejected).sum();
    if dry_run {
        return text + "dry run: nothing was changed\n";
    }
    // A mistyped id must not look like a successful erasure.
    if rows == 0 {
        return text + "no row names the patient: nothing was changed\n";
    }
    let hours = retention.as_secs().div_ceil(3600);
    text + &format!(
        "{rows} rows erased\nOlder versions of the tables hold them until maintenance deletes the \
         replaced files, {hours} h from now.\nKafka and the spools may hold more: see \
         \"Erase a patient\" in docs/operations.md.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_report_says_where_the_rows_still_are() {
        let erased = Erased { files: 2, valid: 30, rejected: 1 };
        let found = [("vitals", erased), ("patient_context", Erased::default())];
        insta::assert_snapshot!(report(&found, false, Duration::from_secs(7 * 86_400)), @r#"
        table vitals: 30 valid and 1 rejected messages in 2 files
        table patient_context: 0 valid and 0 rejected messages in 0 files
        31 rows erased
        Older versions of the tables hold them until maintenance deletes the replaced files, 168 h from now.
        Kafka and the spools may hold more: see "Erase a patient" in docs/operations.md.
        "#);
        insta::assert_snapshot!(report(&found[..1], true, Duration::ZERO), @r"
        table vitals: 30 valid and 1 rejected messages in 2 files
        dry run: nothing was changed
        ");
    }

    #[test]
    fn nothing_is_said_of_older_versions_if_no_row_was_erased() {
        let found = [("vitals", Erased::default())];
        insta::assert_snapshot!(report(&found, false, Duration::from_secs(3600)), @r"
        table vitals: 0 valid and 0 rejected messages in 0 files
        no row names the patient: nothing was changed
        ");
    }
}
