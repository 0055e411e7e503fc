//! The commands that write actions.

use anyhow::anyhow;
use clap::Args;
use vitals_core::domain::watch::{Act, Rule, WardAction};

use super::ward::{Ward, patient_of, require};

const MINUTE_MS: i64 = 60_000;

/// Options of `watch ack`.
#[derive(Debug, Clone, Args)]
pub struct AckArgs {
    /// The alarm's id
    pub id: String,
    /// Your name
    #[arg(long)]
    pub by: String,
}

/// Options of `watch note`.
#[derive(Debug, Clone, Args)]
pub struct NoteArgs {
    /// The alarm's id
    pub id: String,
    /// The note
    pub text: String,
    /// Your name
    #[arg(long)]
    pub by: String,
}

/// Options of `watch silence`.
#[derive(Debug, Clone, Args)]
pub struct SilenceArgs {
    /// The patient
    pub patient_id: String,
    /// The rule, such as `limit.spo2.low`
    pub rule: Rule,
    /// Length of the silence, minutes; at most twelve hours
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=720))]
    pub minutes: u16,
    /// Your name
    #[arg(long)]
    pub by: String,
}

/// Options of `watch unsilence`.
#[derive(Debug, Clone, Args)]
pub struct UnsilenceArgs {
    /// The patient
    pub patient_id: String,
    /// The rule, such as `limit.spo2.low`
    pub rule: Rule,
    /// Your name
    #[arg(long)]
    pub by: String,
}

impl AckArgs {
    pub(super) fn action(self, ward: &Ward, at_ms: i64) -> anyhow::Result<WardAction> {
        let patient_id = patient_of(ward, &self.id)?;
        valid(patient_id, self.by, at_ms, Act::Acknowledge { occurrence_id: self.id })
    }
}

impl NoteArgs {
    pub(super) fn action(self, ward: &Ward, at_ms: i64) -> anyhow::Result<WardAction> {
        let patient_id = patient_of(ward, &self.id)?;
        let act = Act::Note { occurrence_id: self.id, text: self.text };
        valid(patient_id, self.by, at_ms, act)
    }
}

impl SilenceArgs {
    pub(super) fn action(self, ward: &Ward, at_ms: i64) -> anyhow::Result<WardAction> {
        require(ward, &self.patient_id)?;
        let until_ms = at_ms + i64::from(self.minutes) * MINUTE_MS;
        valid(self.patient_id, self.by, at_ms, Act::Silence { rule: self.rule, until_ms })
    }
}

impl UnsilenceArgs {
    pub(super) fn action(self, ward: &Ward, at_ms: i64) -> anyhow::Result<WardAction> {
        require(ward, &self.patient_id)?;
        valid(self.patient_id, self.by, at_ms, Act::Unsilence { rule: self.rule })
    }
}

fn valid(patient_id: String, by: String, at_ms: i64, act: Act) -> anyhow::Result<WardAction> {
    let action = WardAction { patient_id, by, at_ms, act };
    action.validate().map_err(|reason| anyhow!(reason))?;
    Ok(action)
}
