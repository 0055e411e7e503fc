//! The handle that handlers record accesses with.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use axum::http::HeaderMap;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use vitals_core::{
    domain::activity::{ACTIVITY_VERSION, ActivityEvent},
    runtime::{clock::now_ms, config::Settings},
};

use super::{
    access::Access,
    caller::{Caller, CallerPolicy},
    publisher::Publisher,
    repeats::Repeats,
};
use crate::wire::{ActivityLogState, UpDown};

/// The activity log.
pub struct ActivityLog {
    policy: CallerPolicy,
    repeats: Mutex<Repeats>,
    /// Absent if the log is disabled.
    publisher: Option<Publisher>,
}

impl std::fmt::Debug for ActivityLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ActivityLog")
    }
}

impl ActivityLog {
    /// The log of the settings.
    ///
    /// # Errors
    /// If the Kafka client rejects the settings.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        let activity = &settings.dashboard.activity;
        let publisher = if activity.enabled { Some(Publisher::new(settings)?) } else { None };
        let policy = CallerPolicy::new(activity)?;
        Ok(Self { policy, repeats: Mutex::default(), publisher })
    }

    /// The origin of a request with `headers` on a connection from `peer`.
    #[must_use]
    pub fn caller(&self, peer: IpAddr, headers: &HeaderMap) -> Caller {
        self.policy.caller(peer, headers)
    }

    /// Records an access, unless it continues one. Never waits.
    pub fn record(&self, caller: &Caller, access: &Access) {
        let Some(publisher) = &self.publisher else { return };
        let event = event(caller, access);
        // A patient without an id: there was nothing to see.
        if let Err(rejection) = event.check() {
            tracing::debug!(%rejection, "access not recorded");
            return;
        }
        let mut repeats = self.repeats.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = repeats.is_new(caller, access, Instant::now());
        drop(repeats);
        if is_new {
            publisher.publish(&event);
        }
    }

    /// The state of the log.
    #[must_use]
    pub fn state(&self) -> ActivityLogState {
        let disabled = ActivityLogState {
            enabled: false,
            kafka: UpDown::Up,
            waiting: 0,
            delivered: 0,
            lost: 0,
        };
        self.publisher.as_ref().map_or(disabled, Publisher::state)
    }

    /// Keeps the topic and the metrics until `shutdown`.
    ///
    /// # Errors
    /// If the Kafka client rejects the settings.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) -> anyhow::Result<()> {
        match &self.publisher {
            Some(publisher) => publisher.run(&shutdown).await,
            None => {
                shutdown.cancelled().await;
                Ok(())
            }
        }
    }

    /// Waits a moment for the events in flight: the last step of a shutdown.
    pub async fn flush(self: Arc<Self>) {
        let flushed = tokio::task::spawn_blocking(move || {
            if let Some(publisher) = &self.publisher {
                publisher.flush();
            }
        });
        if let Err(error) = flushed.await {
            tracing::error!(%error, "the activity log's flush panicked");
        }
    }
}

fn event(caller: &Caller, access: &Access) -> ActivityEvent {
    ActivityEvent {
        version: ACTIVITY_VERSION,
        event_id: Uuid::now_v7().to_string(),
        time: now_ms(),
        user: caller.user.clone(),
        address: caller.address,
        user_agent: caller.user_agent.clone(),
        action: access.action,
        view: access.view,
        patient_id: access.patient_id.clone(),
        ward: access.ward.clone(),
        from: access.range.map(|(from, _)| from),
        to: access.range.map(|(_, to)| to),
        request_id: access.request_id.clone(),
    }
}
