//! `consumer watch`: the alarms of the ward, and what people do about them.
//!
//! ```text
//! what-if:                     see what_if
//! list:                        patient-status ──▶ stdout
//! ack, silence, ...:  check against patient-status ──▶ ward-actions, audit
//! ```

mod act;
mod list;
mod send;
mod ward;

pub use self::{
    act::{AckArgs, NoteArgs, SilenceArgs, UnsilenceArgs},
    list::ListArgs,
};
pub use super::what_if::WhatIfArgs;

use clap::Subcommand;
use vitals_core::runtime::{clock::now_ms, config::Settings, readiness::Readiness};

use super::{recorder::WatchRecorder, topics::ensure as ensure_topics, what_if};

/// The subcommand of `watch`.
#[derive(Debug, Clone, Subcommand)]
pub enum WatchCommand {
    /// List the alarms, most urgent first
    List(ListArgs),
    /// Acknowledge one alarm
    Ack(AckArgs),
    /// Silence one rule of one patient for a time
    Silence(SilenceArgs),
    /// End a silence
    Unsilence(UnsilenceArgs),
    /// Note something on one alarm
    Note(NoteArgs),
    /// Judge the lake's history under other limits, and compare the alarm burdens
    WhatIf(WhatIfArgs),
}

/// Runs `command` and writes its result to `output`.
///
/// # Errors
/// If the broker does not respond, the patient or the alarm is unknown, or a value is invalid.
pub async fn run(
    settings: &Settings,
    command: WatchCommand,
    output: &mut (impl std::io::Write + Send),
) -> anyhow::Result<()> {
    let action = match command {
        WatchCommand::List(args) => return list::run(settings, &args, output),
        WatchCommand::WhatIf(args) => return what_if::run(settings, &args, output).await,
        WatchCommand::Ack(args) => args.action(&ward::read(settings)?, now_ms())?,
        WatchCommand::Silence(args) => args.action(&ward::read(settings)?, now_ms())?,
        WatchCommand::Unsilence(args) => args.action(&ward::read(settings)?, now_ms())?,
        WatchCommand::Note(args) => args.action(&ward::read(settings)?, now_ms())?,
    };
    // A command has no readiness.
    ensure_topics(settings, WatchRecorder::new(Readiness::default())).await?;
    send::send(settings, &action)?;
    writeln!(output, "{}", serde_json::to_string(&action)?)?;
    Ok(())
}
