//! The contexts and actions that the watch applies beside the readings.

use std::{
    collections::{BTreeMap, HashMap},
    time::{Duration, Instant},
};

use rdkafka::{Message as _, message::BorrowedMessage};
use vitals_core::{
    domain::{
        patient_context::{self, PatientContext},
        watch::WardAction,
    },
    runtime::{clock::now_ms, config::Settings},
};

use super::{received::arrival_ms, topic_reader::TopicReader};
use crate::metrics;

/// Interval between metadata requests: a topic may be created later.
const REFRESH_INTERVAL: Duration = Duration::from_secs(5);

/// Maximum contexts or actions of one poll: the watch's thread judges nothing meanwhile.
const MAX_INPUTS: usize = 200;

/// Time for which an action is kept after it was read. Every patient to whom it applies has it in a
/// published state by then, and no silence lasts longer.
const ACTION_RETENTION: Duration = Duration::from_hours(24);

/// A context with its arrival, ms since the epoch.
#[derive(Debug, Clone)]
pub(super) struct ArrivedContext {
    pub(super) context: PatientContext,
    pub(super) arrival_ms: i64,
}

/// An action with its position and its arrival, ms since the epoch.
#[derive(Debug, Clone)]
pub(super) struct ArrivedAction {
    pub(super) partition: i32,
    pub(super) offset: i64,
    pub(super) arrival_ms: i64,
    pub(super) action: WardAction,
    /// Time at which this process read it.
    read: Instant,
}

/// All contexts, and the actions that the topic had at the start or that arrived lately.
pub(super) struct WardInputs {
    context_reader: TopicReader,
    action_reader: TopicReader,
    contexts: HashMap<String, ArrivedContext>,
    actions: HashMap<String, Vec<ArrivedAction>>,
    refreshed: Instant,
}

impl WardInputs {
    /// Reads both topics to their ends.
    ///
    /// # Errors
    /// If the broker does not respond.
    pub(super) fn read(settings: &Settings) -> anyhow::Result<Self> {
        let topics = &settings.kafka.topics;
        let mut inputs = Self {
            context_reader: TopicReader::new(settings, &topics.patient_context)?,
            action_reader: TopicReader::new(settings, &topics.ward_actions)?,
            contexts: HashMap::new(),
            actions: HashMap::new(),
            refreshed: Instant::now(),
        };
        inputs.assign_new()?;
        let Self { context_reader, action_reader, contexts, actions, .. } = &mut inputs;
        context_reader.read_to_end(|message| {
            set_context(contexts, message);
        })?;
        action_reader.read_to_end(|message| {
            add_action(actions, message);
        })?;
        Ok(inputs)
    }

    /// Reads what has arrived. Returns the patients with a new context or action.
    pub(super) fn poll(&mut self) -> Vec<String> {
        if self.refreshed.elapsed() >= REFRESH_INTERVAL {
            self.refreshed = Instant::now();
            self.context_reader.refresh();
            self.action_reader.refresh();
            if let Some(oldest) = self.refreshed.checked_sub(ACTION_RETENTION) {
                remove_outdated(&mut self.actions, oldest);
            }
        }
        let mut changes = Vec::new();
        let Self { context_reader, action_reader, contexts, actions, .. } = self;
        context_reader.poll(Duration::ZERO, MAX_INPUTS, |message| {
            changes.extend(set_context(contexts, message));
        });
        action_reader.poll(Duration::ZERO, MAX_INPUTS, |message| {
            changes.extend(add_action(actions, message));
        });
        changes
    }

    /// The context of patient `id`.
    pub(super) fn context(&self, id: &str) -> Option<&ArrivedContext> {
        self.contexts.get(id)
    }

    /// The actions on alarms of patient `id`, oldest first.
    pub(super) fn actions(&self, id: &str) -> &[ArrivedAction] {
        self.actions.get(id).map_or(&[], Vec::as_slice)
    }

    /// The offset after the last action in `partition`.
    pub(super) fn actions_end(&self, partition: i32) -> i64 {
        self.action_reader.positions().get(&partition).copied().unwrap_or(0)
    }

    fn assign_new(&mut self) -> anyhow::Result<()> {
        let beginning = BTreeMap::new();
        self.context_reader.assign_new(&beginning)?;
        self.action_reader.assign_new(&beginning)
    }
}

/// Applies a context or a tombstone. Returns the patient; `None` for an invalid message.
fn set_context(
    contexts: &mut HashMap<String, ArrivedContext>,
    message: &BorrowedMessage<'_>,
) -> Option<String> {
    let id = key(message)?;
    match message.payload().map(|value| patient_context::decode(message.key(), value)) {
        None => {
            contexts.remove(&id);
        }
        Some(Ok(context)) => {
            let arrival_ms = arrival_ms(message.timestamp(), now_ms());
            let context = context.arrived(arrival_ms);
            contexts.insert(id.clone(), ArrivedContext { context, arrival_ms });
        }
        Some(Err(_)) => {
            metrics::count_watch_rejected(message.topic());
            return None;
        }
    }
    Some(id)
}

/// Adds an action. Returns the patient; `None` for an invalid message.
fn add_action(
    actions: &mut HashMap<String, Vec<ArrivedAction>>,
    message: &BorrowedMessage<'_>,
) -> Option<String> {
    let id = key(message)?;
    let Some(action) = message.payload().and_then(|value| WardAction::parse(value).ok()) else {
        metrics::count_watch_rejected(message.topic());
        return None;
    };
    actions.entry(id.clone()).or_default().push(ArrivedAction {
        partition: message.partition(),
        offset: message.offset(),
        arrival_ms: arrival_ms(message.timestamp(), now_ms()),
        action,
        read: Instant::now(),
    });
    Some(id)
}

/// Removes the actions that were read before `oldest`.
fn remove_outdated(actions: &mut HashMap<String, Vec<ArrivedAction>>, oldest: Instant) {
    actions.retain(|_, actions| {
        actions.retain(|arrived| arrived.read >= oldest);
        !actions.is_empty()
    });
}

fn key(message: &BorrowedMessage<'_>) -> Option<String> {
    let key = message.key().and_then(|key| std::str::from_utf8(key).ok());
    if key.is_none() {
        metrics::count_watch_rejected(message.topic());
    }
    key.map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use vitals_core::domain::watch::Act;

    use super::*;

    fn arrived(offset: i64, read: Instant) -> ArrivedAction {
        let act = Act::Acknowledge { occurrence_id: "o".to_owned() };
        let action = WardAction { patient_id: "p".into(), by: "n".into(), at_ms: 0, act };
        ArrivedAction { partition: 0, offset, arrival_ms: 0, action, read }
    }

    #[test]
    fn outdated_actions_are_removed_with_their_patients() {
        let early = Instant::now();
        let late = early + Duration::from_secs(1);
        let mut actions = HashMap::from([
            ("left".to_owned(), vec![arrived(0, early), arrived(1, early)]),
            ("stays".to_owned(), vec![arrived(2, early), arrived(3, late)]),
        ]);
        remove_outdated(&mut actions, late);
        assert_eq!(actions.keys().collect::<Vec<_>>(), ["stays"]);
        assert_eq!(actions["stays"].iter().map(|it| it.offset).collect::<Vec<_>>(), [3]);
    }
}
