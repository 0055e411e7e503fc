//! The patients with their alarms, as published on `patient-status`.

use std::collections::BTreeMap;

use anyhow::bail;
use rdkafka::Message as _;
use serde::Deserialize;
use vitals_core::{domain::watch::Alarm, runtime::config::Settings};

use crate::watch::topic_reader::TopicReader;

/// The part of a patient's state that the commands use.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct WatchedPatient {
    pub(super) ward: Option<String>,
    pub(super) bed: Option<String>,
    pub(super) alarms: Vec<Alarm>,
}

/// The patients by id.
pub(super) type Ward = BTreeMap<String, WatchedPatient>;

/// Reads the topic to its end. Blocks.
pub(super) fn read(settings: &Settings) -> anyhow::Result<Ward> {
    let topic = &settings.kafka.topics.patient_status;
    let mut reader = TopicReader::new(settings, topic)?;
    reader.assign_new(&BTreeMap::new())?;
    let mut ward = Ward::new();
    reader.read_to_end(|message| {
        let Some(Ok(id)) = message.key().map(std::str::from_utf8) else { return };
        match message.payload().map(serde_json::from_slice) {
            Some(Ok(patient)) => {
                ward.insert(id.to_owned(), patient);
            }
            Some(Err(_)) => {}
            None => {
                ward.remove(id);
            }
        }
    })?;
    Ok(ward)
}

/// The patient with the occurrence `id`.
pub(super) fn patient_of(ward: &Ward, id: &str) -> anyhow::Result<String> {
    let has = |patient: &WatchedPatient| patient.alarms.iter().any(|it| it.occurrence.id == id);
    match ward.iter().find(|(_, patient)| has(patient)) {
        Some((patient, _)) => Ok(patient.clone()),
        None => bail!("no alarm {id:?} is listed; `consumer watch list` shows the ids"),
    }
}

/// Fails unless `id` is watched.
pub(super) fn require(ward: &Ward, id: &str) -> anyhow::Result<()> {
    if !ward.contains_key(id) {
        bail!("no patient {id:?} is watched");
    }
    Ok(())
}
