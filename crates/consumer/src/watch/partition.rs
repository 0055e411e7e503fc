//! One partition of the readings: its patients, and the alerts that follow from its messages.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use vitals_core::domain::watch::{AlertEvent, StatusMessage};
use vitals_lake::position::LastMessage;

use super::{
    committed::Origin,
    neighbours::Neighbours,
    orphans::Orphans,
    partition_settings::{PartitionSettings, StartPosition},
    patient::WatchedPatient,
    publisher::Publisher,
    read_time::ReadTime,
    received::Received,
    replay_window::ReplayWindow,
    restore::States,
    state_queue::StateQueue,
    takeover::Takeover,
    ward_inputs::WardInputs,
};

/// The watch of a partition.
pub(super) struct PartitionWatch {
    pub(super) id: i32,
    pub(super) settings: PartitionSettings,
    /// The log and this assignment, for states and commits.
    pub(super) origin: Origin,
    pub(super) next_offset: i64,
    /// The last message that was read.
    pub(super) last: Option<LastMessage>,
    pub(super) start: StartPosition,
    pub(super) takeover: Takeover,
    pub(super) committed: i64,
    pub(super) patients: HashMap<String, WatchedPatient>,
    /// Patients whose restored state is behind the committed offset. Actions wait until they were
    /// brought up to it: the alarms that they concern may not exist before.
    pub(super) stale: BTreeSet<String>,
    /// The patients of a log that no longer exists, until this one was read to its end.
    pub(super) ghosts: HashMap<String, WatchedPatient>,
    /// The occurrences of this log that were judged while there are such patients: the log may have
    /// been read before, without a commit.
    pub(super) judged: HashSet<String>,
    pub(super) neighbours: Neighbours,
    pub(super) window: ReplayWindow,
    /// Ids of the alerts behind the committed offset that an earlier owner has published.
    pub(super) published: Arc<HashSet<String>>,
    /// The ends of the alarms that an earlier owner may have left behind.
    pub(super) orphans: Orphans,
    /// Patients whose state may be due.
    pub(super) touched: StateQueue,
    /// Patients who have left, each with the number of the last alert, until the tombstone is sent.
    pub(super) left: HashMap<String, u64>,
    /// The time up to which every message of the partition was read.
    pub(super) read_time: ReadTime,
    /// The lead of this process's clock over arrival times, ms: 0 if the broker sets them.
    pub(super) lead_ms: Option<i64>,
    /// No message followed the last one that was read.
    pub(super) at_end: bool,
    /// The high watermark since then.
    pub(super) end: Option<i64>,
    pub(super) was_at_end: bool,
    /// Number of alarms that were listed when the passing of time was judged last.
    alarms: usize,
}

impl PartitionWatch {
    /// Continues with the `states` of the partition's patients.
    pub(super) fn restore(
        id: i32,
        settings: PartitionSettings,
        origin: Origin,
        (start, takeover): (StartPosition, Takeover),
        states: States,
        published: Arc<HashSet<String>>,
    ) -> Self {
        let restore = |state: StatusMessage| {
            let id = state.status.patient_id.clone();
            (id, WatchedPatient::restore(state, Arc::clone(&settings.rules)))
        };
        let mut patients: HashMap<_, _> = states.live.into_iter().map(restore).collect();
        for id in &states.stale {
            patients.entry(id.clone()).and_modify(WatchedPatient::forget_actions);
        }
        let ghosts = states.ghosts.into_iter().map(restore).collect();
        Self {
            id,
            origin,
            next_offset: start.read_from,
            last: start.last,
            start,
            takeover,
            committed: i64::MIN,
            patients,
            stale: states.stale,
            ghosts,
            judged: HashSet::new(),
            neighbours: Neighbours::default(),
            window: ReplayWindow::default(),
            published,
            orphans: Orphans::new(),
            touched: StateQueue::default(),
            left: HashMap::new(),
            read_time: ReadTime::default(),
            lead_ms: None,
            at_end: false,
            end: None,
            was_at_end: false,
            alarms: 0,
            settings,
        }
    }

    /// Applies the contexts and actions that have arrived since the restored states.
    pub(super) fn catch_up(
        &mut self,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let ids: Vec<String> = self.patients.keys().cloned().collect();
        for id in ids {
            if let Some(patient) = self.patients.get_mut(&id) {
                patient.check_actions(|partition| inputs.actions_end(partition));
            }
            self.apply_inputs(&id, inputs, publisher)?;
        }
        Ok(())
    }

    /// Judges a reading of a patient who is watched here.
    pub(super) fn judge(
        &mut self,
        received: &Received<'_>,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let mut events = Vec::new();
        self.judge_reading(received, &mut events);
        if received.offset >= self.start.judge_from {
            self.publish(&events, received.arrival_ms, publisher)?;
        }
        Ok(())
    }

    fn judge_reading(&mut self, received: &Received<'_>, events: &mut Vec<AlertEvent>) {
        let Received { decoded, offset, arrival_ms, lead_ms, .. } = received;
        let (offset, id) = (*offset, received.patient_id());
        let Some(patient) = self.patients.get_mut(id) else { return };
        patient.set_clock_lead(*lead_ms);
        if !patient.includes(offset) {
            patient.judge(decoded, offset, *arrival_ms, events);
            if patient.is_due(self.settings.status_interval_ms) {
                self.touched.insert(id);
            }
        }
        // Any of the patients may be the one who is measured.
        for (conflict, other) in self.neighbours.conflicts(decoded, *arrival_ms) {
            for (id, other) in [(id, other.as_str()), (other.as_str(), id)] {
                let patient = self.patients.get_mut(id);
                if let Some(patient) = patient.filter(|patient| !patient.includes(offset)) {
                    patient.note_conflict(&conflict.borrow(), other, offset, events);
                    self.touched.insert(id);
                }
            }
        }
    }

    /// Applies the context and the actions of patient `id` that the watch does not have yet.
    pub(super) fn apply_inputs(
        &mut self,
        id: &str,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let Some(patient) = self.patients.get_mut(id) else { return Ok(()) };
        let mut events = Vec::new();
        patient.apply_context(inputs.context(id), &mut events);
        let actions = if self.stale.contains(id) { &[] } else { inputs.actions(id) };
        for action in actions {
            patient.apply_action(action, &mut events);
        }
        self.touched.insert(id);
        let arrival_ms = events.first().map_or(0, |event| event.at_ms);
        self.publish(&events, arrival_ms, publisher)?;
        Ok(())
    }

    /// Judges the passing of time.
    pub(super) fn advance(
        &mut self,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        if self.next_offset < self.start.judge_from {
            return Ok(());
        }
        for id in std::mem::take(&mut self.stale) {
            self.publish_again(&id);
            self.apply_inputs(&id, inputs, publisher)?;
        }
        let mut events = Vec::new();
        self.alarms = 0;
        let clock_ms = self.read_time.ms();
        for (id, patient) in &mut self.patients {
            let before = events.len();
            patient.advance(clock_ms, self.lead_ms, &mut events);
            if events.len() > before {
                self.touched.insert(id);
            }
            self.alarms += patient.alarms();
        }
        self.takeover.note_judged(self.next_offset, clock_ms);
        self.forget(publisher)?;
        let arrival_ms = events.first().map_or(0, |event| event.at_ms);
        self.publish(&events, arrival_ms, publisher)?;
        Ok(())
    }

    /// Continues with the patients at the time to which a clock was set back.
    pub(super) fn set_back(&mut self) {
        let clock_ms = self.read_time.ms();
        for (id, patient) in &mut self.patients {
            if patient.set_back(clock_ms, self.lead_ms) {
                self.touched.insert(id);
            }
        }
        // Their times are ahead, too.
        self.neighbours = Neighbours::default();
        self.window = ReplayWindow::default();
        tracing::warn!(
            kafka.partition = self.id,
            "the clock of the broker or of this host was set back by more than a minute"
        );
    }

    /// Returns true if patient `id` is watched here.
    pub(super) fn knows(&self, id: &str) -> bool {
        self.patients.contains_key(id)
    }

    pub(super) const fn next_offset(&self) -> i64 {
        self.next_offset
    }

    /// Returns true if the partition was read to its end since it was assigned.
    pub(super) const fn is_caught_up(&self) -> bool {
        self.was_at_end
    }

    pub(super) fn patients(&self) -> usize {
        self.patients.len()
    }

    /// Number of alarms that are listed.
    pub(super) const fn alarms(&self) -> usize {
        self.alarms
    }
}
