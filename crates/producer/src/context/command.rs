//! The subcommands `context set`, `context show` and `context delete`.

use anyhow::anyhow;
use clap::{Args, Subcommand};
use vitals_core::runtime::{clock::now_ms, config::Settings};

use super::{change::SetArgs, topic::ContextTopic};

/// The subcommand of `context`.
#[derive(Debug, Clone, PartialEq, Subcommand)]
pub enum ContextCommand {
    /// Change the context of a patient
    Set(SetArgs),
    /// Print the contexts, one JSON object per line
    Show(ShowArgs),
    /// Delete the context of a patient, with a tombstone
    Delete(DeleteArgs),
}

/// Options of `context delete`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct DeleteArgs {
    /// The patient
    pub patient_id: String,
}

/// Options of `context show`.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct ShowArgs {
    /// The patient [default: every patient]
    pub patient_id: Option<String>,
}

/// Runs `command` and writes its result to `output`.
///
/// # Errors
/// If the broker does not respond or a value is invalid.
pub async fn run(
    settings: &Settings,
    command: ContextCommand,
    output: &mut (impl std::io::Write + Send),
) -> anyhow::Result<()> {
    let topic = ContextTopic::new(settings);
    match command {
        ContextCommand::Set(args) => {
            topic.ensure().await?;
            // A message replaces the context as a whole, so the values that stay are read first.
            let known = topic.read()?.remove(&args.patient_id).unwrap_or_default();
            let context = args.apply(known, now_ms()).map_err(|reason| anyhow!(reason))?;
            topic.write(&context.patient_id, Some(&serde_json::to_vec(&context)?))?;
            writeln!(output, "{}", serde_json::to_string(&context)?)?;
        }
        ContextCommand::Show(ShowArgs { patient_id }) => {
            for (id, context) in topic.read()? {
                if patient_id.as_ref().is_none_or(|wanted| *wanted == id) {
                    writeln!(output, "{}", serde_json::to_string(&context)?)?;
                }
            }
        }
        ContextCommand::Delete(DeleteArgs { patient_id }) => {
            topic.ensure().await?;
            topic.write(&patient_id, None)?;
            writeln!(output, "{}", serde_json::json!({ "deleted": patient_id }))?;
        }
    }
    Ok(())
}
