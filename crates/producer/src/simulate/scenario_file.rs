//! The scenario file: who the patients are, and who deteriorates when.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;

use super::{
    artefacts::ArtefactRates,
    baseline::GivenBaseline,
    course::{Course, Episode, ms},
    plan::{PatientPlan, default_id},
    profile::Profile,
    scenario::Scenario,
};

/// A scenario file, in TOML. Patients that it does not list stay well.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ScenarioFile {
    /// Frequencies of the artefacts.
    pub(super) artefacts: ArtefactRates,
    /// The listed patients.
    #[serde(rename = "patient")]
    patients: Vec<ListedPatient>,
}

/// A patient of the file. A value that is not given is drawn from the seed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ListedPatient {
    /// The patient's number, from 1.
    number: u32,
    id: Option<String>,
    ward: Option<String>,
    bed: Option<String>,
    /// Age in years at the beginning of 2026.
    age: Option<u32>,
    copd: Option<bool>,
    pregnant: Option<bool>,
    #[serde(default)]
    baseline: GivenBaseline,
    #[serde(default, rename = "episode")]
    episodes: Vec<ListedEpisode>,
}

/// An episode of the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListedEpisode {
    scenario: Scenario,
    /// Minutes since the start; negative for an episode that is under way.
    onset_min: f64,
    /// Duration in minutes, of the scenario's own length if it is not given.
    duration_min: Option<f64>,
}

impl ScenarioFile {
    /// Reads `path`, for a simulation of so many `patients`.
    pub(crate) fn read(path: &Path, patients: u32) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read {}", path.display()))?;
        Self::parse(&text, patients).with_context(|| path.display().to_string())
    }

    /// Parses the `text` of a file.
    pub(super) fn parse(text: &str, patients: u32) -> anyhow::Result<Self> {
        let file: Self = toml::from_str(text)?;
        file.validate(patients)?;
        Ok(file)
    }

    fn validate(&self, patients: u32) -> anyhow::Result<()> {
        for (name, per_day) in self.artefacts.per_day() {
            ensure!((0.0..=5_000.0).contains(&per_day), "artefacts.{name} is not from 0 to 5000");
        }
        let failure = self.artefacts.cuff_failure;
        ensure!((0.0..=0.9).contains(&failure), "artefacts.cuff_failure is not from 0 to 0.9");
        let mut ids = std::collections::HashSet::new();
        for (index, patient) in self.patients.iter().enumerate() {
            let number = patient.number;
            ensure!(
                (1..=patients).contains(&number),
                "patient {number} is not one of the {patients} patients: see --patients"
            );
            let is_repeated = self.patients.iter().take(index).any(|other| other.number == number);
            ensure!(!is_repeated, "patient {number} is listed twice");
            patient.validate().with_context(|| format!("patient {number}"))?;
            if let Some(id) = &patient.id {
                // A patient that is not listed keeps its default id.
                let is_default =
                    (1..=patients).any(|other| other != number && default_id(other) == *id);
                ensure!(!is_default, "patient {number}: id {id:?} is another patient's");
                ensure!(ids.insert(id), "patient {number}: id {id:?} is another patient's");
            }
        }
        Ok(())
    }

    /// The entry of patient `index`, from 0.
    pub(super) fn patient(&self, index: u32) -> Option<&ListedPatient> {
        self.patients.iter().find(|listed| listed.number == index + 1)
    }
}

impl ListedPatient {
    fn validate(&self) -> anyhow::Result<()> {
        for text in [&self.id, &self.ward, &self.bed].into_iter().flatten() {
            let length = text.trim().len();
            let longest = vitals_core::domain::decode::MAX_TEXT_BYTES;
            ensure!((1..=longest).contains(&length), "{text:?} must have 1 to {longest} bytes");
        }
        ensure!(self.age.is_none_or(|age| age <= 120), "age is above 120");
        self.baseline.validate()?;
        let mut free_ms = i64::MIN;
        for episode in &self.episodes {
            let Episode { onset_ms, end_ms, .. } = episode.checked()?;
            ensure!(onset_ms >= free_ms, "episodes overlap or are not in chronological order");
            free_ms = end_ms;
        }
        Ok(())
    }

    /// `drawn` with the facts of the file.
    pub(super) fn profile(&self, drawn: Profile) -> Profile {
        Profile {
            age: self.age.unwrap_or(drawn.age),
            copd: self.copd.unwrap_or(drawn.copd),
            pregnant: self.pregnant.unwrap_or(drawn.pregnant),
        }
    }

    /// Replaces the values of `plan` that the file gives.
    pub(super) fn apply(&self, plan: &mut PatientPlan) {
        plan.baseline = plan.baseline.replaced_by(&self.baseline);
        let texts =
            [(&self.id, &mut plan.id), (&self.ward, &mut plan.ward), (&self.bed, &mut plan.bed)];
        for (given, text) in texts {
            if let Some(given) = given {
                text.clone_from(given);
            }
        }
        let episodes = self.episodes.iter().filter_map(|episode| episode.checked().ok());
        plan.course = Course::Once(episodes.collect());
    }
}

impl ListedEpisode {
    /// The episode, if its times are valid.
    fn checked(&self) -> anyhow::Result<Episode> {
        let minutes = self.duration_min.unwrap_or(self.scenario.duration_s() / 60.0);
        if !(1.0..=100_000.0).contains(&minutes) {
            bail!("duration_min is not from 1 to 100000");
        }
        if !(-100_000.0..=10_000_000.0).contains(&self.onset_min) {
            bail!("onset_min is not from -100000 to 10000000");
        }
        Ok(Episode::new(self.scenario, ms(self.onset_min * 60.0), ms(minutes * 60.0)))
    }
}

#[cfg(test)]
#[path = "scenario_file_tests.rs"]
mod tests;
