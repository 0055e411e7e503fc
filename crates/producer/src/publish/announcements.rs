//! Messages that accompany the readings of simulated patients: their contexts and the ground truth.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use tokio_util::sync::CancellationToken;
use vitals_core::{
    domain::patient_context::PatientContext,
    runtime::{
        clock,
        config::{Settings, TopicSettings},
        kafka::BrokerState,
    },
};

use super::sender::Sender;
use crate::{
    context::ContextTopic,
    source::{Announcement, Now, Source},
};

/// Backoff after a failed attempt to read the contexts.
const BACKOFF: Duration = Duration::from_secs(1);

/// The contexts of the source's patients that the topic lacks; `None` if `stop` came first. A context
/// that was changed by hand stays.
pub(super) async fn contexts(
    source: &mut dyn Source,
    settings: &Settings,
    broker: &BrokerState,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Vec<Announcement>>> {
    if !source.is_simulated() {
        return Ok(Some(Vec::new()));
    }
    // Read from the topic first: after a restart, the simulated patients are known already.
    let Some(known) = known_contexts(settings, broker, stop).await? else { return Ok(None) };
    let now = Now { wall_ms: clock::now_ms(), elapsed: Duration::ZERO };
    let missing = source.contexts(&known, now).into_iter();
    Ok(Some(missing.map(|context| Announcement::Context(Box::new(context))).collect()))
}

/// The contexts of the topic. Retries until the broker responds or `stop`; readiness has the cause.
async fn known_contexts(
    settings: &Settings,
    broker: &BrokerState,
    stop: &CancellationToken,
) -> anyhow::Result<Option<BTreeMap<String, PatientContext>>> {
    loop {
        let settings = settings.clone();
        let read = tokio::task::spawn_blocking(move || ContextTopic::new(&settings).read()).await?;
        match read {
            Ok(contexts) => return Ok(Some(contexts)),
            Err(error) => {
                broker.set_down(&format!("can't read the patient contexts: {error:#}"));
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(None),
            () = tokio::time::sleep(BACKOFF) => {}
        }
    }
}

/// Sends announcements to their topics. Returns false if `stop` came first.
pub(super) async fn announce(
    announcements: Vec<Announcement>,
    sender: &Sender,
    topics: &TopicSettings,
    stop: &CancellationToken,
) -> anyhow::Result<bool> {
    for announcement in announcements {
        let (topic, key, payload) = match &announcement {
            Announcement::Context(context) => {
                (&topics.patient_context, &context.patient_id, serde_json::to_vec(context))
            }
            Announcement::Truth(truth) => {
                (&topics.simulation_truth, &truth.patient_id, serde_json::to_vec(truth))
            }
        };
        let payload = payload.context("can't encode an announcement")?;
        if !sender.send(topic, key, &payload, stop).await {
            return Ok(false);
        }
    }
    Ok(true)
}
