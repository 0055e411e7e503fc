//! One partition of the readings: its patients, and the alerts that follow from its messages.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use rdkafka::{Message as _, Timestamp, message::BorrowedMessage};
use vitals_core::{
    domain::{
        decode::{Decoded, decode},
        watch::{AlertEvent, StatusMessage},
    },
    runtime::clock::now_ms,
};

use super::{
    neighbours::Neighbours,
    partition_settings::{PartitionSettings, StartPosition},
    patient::WatchedPatient,
    publisher::Publisher,
    replay_window::ReplayWindow,
    takeover::Takeover,
    ward_inputs::WardInputs,
};
/// Time by which the judgement of silence stays behind the clock at the end of a partition: a
/// message may be on its way from the broker.
const GRACE_MS: i64 = 1_000;

/// The same for messages whose producers set the time: they arrive with a varying delay.
const CREATE_TIME_GRACE_MS: i64 = 3_000;

/// Lead of a producer's clock up to which its time counts.
const MAX_AHEAD_MS: i64 = 300_000;

/// The watch of a partition.
pub(super) struct PartitionWatch {
    pub(super) id: i32,
    pub(super) settings: PartitionSettings,
    pub(super) next_offset: i64,
    pub(super) start: StartPosition,
    pub(super) takeover: Takeover,
    pub(super) committed: i64,
    pub(super) patients: HashMap<String, WatchedPatient>,
    pub(super) neighbours: Neighbours,
    pub(super) window: ReplayWindow,
    /// Ids of the alerts behind the committed offset that an earlier owner has published.
    pub(super) published: Arc<HashSet<String>>,
    /// Patients whose state may be due.
    pub(super) touched: BTreeSet<String>,
    /// The time up to which every message of the partition was read, ms since the epoch.
    pub(super) clock_ms: i64,
    /// The lead of this process's clock over arrival times, ms: 0 if the broker sets them.
    pub(super) lead_ms: Option<i64>,
    /// No message followed the last one that was read.
    pub(super) at_end: bool,
    /// The high watermark since then.
    pub(super) end: Option<i64>,
    pub(super) was_at_end: bool,
}

impl PartitionWatch {
    /// Continues with the `states` of the partition's patients.
    pub(super) fn restore(
        id: i32,
        settings: PartitionSettings,
        (start, takeover): (StartPosition, Takeover),
        states: Vec<StatusMessage>,
        published: Arc<HashSet<String>>,
    ) -> Self {
        let restore = |state: StatusMessage| {
            let id = state.status.patient_id.clone();
            (id, WatchedPatient::restore(state, Arc::clone(&settings.rules)))
        };
        let patients: HashMap<_, _> = states.into_iter().map(restore).collect();
        Self {
            id,
            next_offset: start.read_from,
            start,
            takeover,
            committed: i64::MIN,
            patients,
            neighbours: Neighbours::default(),
            window: ReplayWindow::default(),
            published,
            touched: BTreeSet::new(),
            clock_ms: i64::MIN,
            lead_ms: None,
            at_end: false,
            end: None,
            was_at_end: false,
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

    /// Judges a message.
    pub(super) fn judge(
        &mut self,
        message: &BorrowedMessage<'_>,
        inputs: &WardInputs,
        publisher: &Publisher,
    ) -> anyhow::Result<()> {
        let offset = message.offset();
        self.next_offset = offset + 1;
        self.at_end = false;
        self.end = None;
        let now_ms = now_ms();
        let arrival_ms = arrival_ms(message.timestamp(), now_ms);
        let lead_ms = match message.timestamp() {
            Timestamp::LogAppendTime(_) => 0,
            _ => now_ms - arrival_ms,
        };
        if let Timestamp::LogAppendTime(_) = message.timestamp() {
            self.lead_ms = Some(0);
        }
        let grace_ms = if lead_ms == 0 { 0 } else { CREATE_TIME_GRACE_MS };
        self.clock_ms = self.clock_ms.max(arrival_ms + lead_ms - grace_ms);
        self.window.note(offset, arrival_ms);
        // A tombstone is no reading, and the archive keeps what can't be decoded.
        let Some(payload) = message.payload() else { return Ok(()) };
        let Ok(decoded) = decode(payload, Some(arrival_ms), &self.settings.options) else {
            return Ok(());
        };
        let id = decoded.reading.patient_id.as_ref();
        if !self.patients.contains_key(id) {
            let rules = Arc::clone(&self.settings.rules);
            self.patients.insert(id.to_owned(), WatchedPatient::new(id, rules, arrival_ms));
            self.apply_inputs(id, inputs, publisher)?;
        }
        let mut events = Vec::new();
        self.judge_reading(&decoded, offset, arrival_ms, lead_ms, &mut events);
        if offset >= self.start.judge_from {
            self.publish(&events, arrival_ms, publisher)?;
        }
        Ok(())
    }

    fn judge_reading(
        &mut self,
        decoded: &Decoded<'_>,
        offset: i64,
        arrival_ms: i64,
        lead_ms: i64,
        events: &mut Vec<AlertEvent>,
    ) {
        let id = decoded.reading.patient_id.as_ref();
        let Some(patient) = self.patients.get_mut(id) else { return };
        patient.set_clock_lead(lead_ms);
        if !patient.includes(offset) {
            patient.judge(decoded, offset, arrival_ms, events);
            self.touched.insert(id.to_owned());
        }
        // Any of the patients may be the one who is measured.
        for (conflict, other) in self.neighbours.conflicts(decoded, arrival_ms) {
            for (id, other) in [(id, other.as_str()), (other.as_str(), id)] {
                let patient = self.patients.get_mut(id);
                if let Some(patient) = patient.filter(|patient| !patient.includes(offset)) {
                    patient.note_conflict(&conflict.borrow(), other, offset, events);
                    self.touched.insert(id.to_owned());
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
        for action in inputs.actions(id) {
            patient.apply_action(action, &mut events);
        }
        self.touched.insert(id.to_owned());
        let arrival_ms = events.first().map_or(0, |event| event.at_ms);
        self.publish(&events, arrival_ms, publisher)
    }

    /// Notes that no message follows the last one.
    pub(super) const fn reach_end(&mut self) {
        self.at_end = true;
        self.end = None;
        self.was_at_end = true;
    }

    /// Returns true if no message followed the last one, as far as this process has noticed.
    pub(super) const fn is_at_end(&self) -> bool {
        self.at_end
    }

    /// Notes the high watermark that the broker responded to a request of `asked_ms`. If it is
    /// unchanged, every message that had arrived by then was read, and a patient without one is
    /// silent. An outage of the broker thus looks like nobody's silence.
    pub(super) fn confirm_end(&mut self, high: i64, asked_ms: i64) {
        match self.end {
            None => self.end = Some(high),
            Some(end) if end == high => self.clock_ms = self.clock_ms.max(asked_ms - GRACE_MS),
            Some(_) => self.at_end = false,
        }
    }

    /// Judges the passing of time.
    pub(super) fn advance(&mut self, publisher: &Publisher) -> anyhow::Result<()> {
        if self.next_offset < self.start.judge_from {
            return Ok(());
        }
        let mut events = Vec::new();
        for (id, patient) in &mut self.patients {
            let before = events.len();
            patient.advance(self.clock_ms, self.lead_ms, &mut events);
            if events.len() > before {
                self.touched.insert(id.clone());
            }
        }
        self.takeover.note_judged(self.next_offset, self.clock_ms);
        self.forget(publisher)?;
        let arrival_ms = events.first().map_or(0, |event| event.at_ms);
        self.publish(&events, arrival_ms, publisher)
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
    pub(super) fn alarms(&self) -> usize {
        self.patients.values().map(WatchedPatient::alarms).sum()
    }
}

/// The arrival of a message that was received at `now_ms`, ms since the epoch: the broker's time,
/// or that of a producer. A producer's time far in the future would hide everything that follows.
/// Any other time counts as it is: ids follow from arrivals, and must not depend on this clock.
pub(super) fn arrival_ms(timestamp: Timestamp, now_ms: i64) -> i64 {
    match timestamp {
        Timestamp::LogAppendTime(time_ms) => time_ms,
        Timestamp::CreateTime(time_ms) if time_ms <= now_ms + MAX_AHEAD_MS => time_ms,
        Timestamp::CreateTime(_) | Timestamp::NotAvailable => now_ms,
    }
}
