//! The source of recorded readings.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use vitals_core::domain::reading::Reading;

use super::{
    recording::{Recording, Row},
    timeline::Timeline,
};
use crate::{
    cli::ReplayArgs,
    metrics,
    source::{Due, Now, Source},
};

/// The rows of a recording in chronological order, with their due times.
#[derive(Debug)]
pub struct Playback {
    rows: Vec<Row>,
    timeline: Timeline,
    ward: Option<Arc<str>>,
    repeat: bool,
    /// Next sequence number of each patient.
    sequences: HashMap<Arc<str>, i64>,
    next: usize,
    round: u64,
}

impl Playback {
    /// Reads the recording named by `args`.
    ///
    /// # Errors
    /// Returns an error if the file can't be read; the message names the line and the column.
    pub fn open(args: &ReplayArgs) -> anyhow::Result<Self> {
        let Recording { mut rows, skipped, dated } =
            Recording::read(&args.file, args.patient_id.as_deref())?;
        let timeline = Timeline::new(args, dated, &rows)?;
        // Exports are often sorted by patient, but patients are replayed side by side. The sort is
        // stable: rows of the same time keep the order of the file.
        rows.sort_by_key(|row| row.time_ms);
        if args.repeat {
            // Otherwise every round would repeat the sequence numbers of the first.
            rows.iter_mut().for_each(|row| row.sequence = None);
        }
        tracing::info!(replay.rows = rows.len(), replay.skipped_lines = skipped, "recording read");
        metrics::count_skipped(skipped);
        Ok(Self {
            rows,
            timeline,
            ward: args.ward.as_deref().map(Arc::from),
            repeat: args.repeat,
            sequences: HashMap::new(),
            next: 0,
            round: 0,
        })
    }

    /// The recorded sequence number of a row, or the next one of its patient.
    fn sequence(&mut self, index: usize) -> i64 {
        let row = &self.rows[index];
        row.sequence.unwrap_or_else(|| {
            let next = self.sequences.entry(Arc::clone(&row.patient_id)).or_default();
            *next += 1;
            *next - 1
        })
    }
}

impl Source for Playback {
    fn next(&mut self, now: Now) -> Option<Due<'_>> {
        if self.next == self.rows.len() && self.repeat {
            self.next = 0;
            self.round += 1;
        }
        let index = self.next;
        let recorded_ms = self.rows.get(index)?.time_ms;
        self.next += 1;
        let sequence = self.sequence(index);
        let (after, time_ms) = self.timeline.at(recorded_ms, self.round, now);
        // Fields without a recorded value are left out of the message.
        let row = &self.rows[index];
        let mut reading = Reading::new(&row.patient_id, time_ms);
        reading.vitals = row.vitals;
        reading.supplemental_oxygen = row.supplemental_oxygen;
        reading.consciousness = row.consciousness;
        reading.sequence = Some(sequence);
        reading.device_id = row.device_id.as_deref().map(Cow::Borrowed);
        reading.ward = self.ward.as_deref().or(row.ward.as_deref()).map(Cow::Borrowed);
        reading.bed = row.bed.as_deref().map(Cow::Borrowed);
        Some(Due { after, reading })
    }
}
