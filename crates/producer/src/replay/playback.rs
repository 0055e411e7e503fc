//! The source of recorded readings.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use anyhow::bail;
use vitals_core::runtime::clock;

use super::{
    check::counts,
    dates::{self, Dates},
    recording::{Recording, first_ones},
    refusals::Refusals,
    row::Row,
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
    /// Returns an error if the file can't be read or its times would be refused; the message names
    /// every line and column.
    pub fn open(args: &ReplayArgs) -> anyhow::Result<Self> {
        let recording = Recording::read(args)?;
        recording.require_complete(&args.file)?;
        announce(&recording);
        let Recording { mut rows, skipped, dated, left_out, .. } = recording;
        let timeline = Timeline::new(args, dated, &rows)?;
        if timeline.is_recorded() {
            require_dates(&timeline)?;
        }
        // Exports are often sorted by patient, but patients are replayed side by side. The sort is
        // stable: rows of the same time keep the order of the file.
        rows.sort_by_key(|row| row.time_ms);
        if args.repeat {
            // Otherwise every round would repeat the sequence numbers of the first.
            rows.iter_mut().for_each(|row| row.sequence = None);
        }
        metrics::count_skipped(skipped + left_out.len() as u64);
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
        // A loop continues the sequence and the timeline: the next round is later, not sent again.
        if self.next == self.rows.len() && self.repeat {
            self.next = 0;
            self.round += 1;
        }
        let index = self.next;
        let recorded_ms = self.rows.get(index)?.time_ms;
        self.next += 1;
        let sequence = self.sequence(index);
        let (after, time_ms) = self.timeline.at(recorded_ms, self.round, now);
        let row = &self.rows[index];
        let mut reading = row.reading(time_ms);
        reading.sequence = Some(sequence);
        if let Some(ward) = &self.ward {
            reading.ward = Some(Cow::Borrowed(&**ward));
        }
        Some(Due { after, reading })
    }
}

/// Logs the counts of a recording, the lines that are left out, the columns that are not used, and
/// the values that will be refused.
fn announce(recording: &Recording) {
    tracing::info!(replay.mapping = recording.mapping, "recording read; {}", counts(recording));
    if !recording.unused.is_empty() {
        tracing::info!(replay.columns = recording.unused.join(", "), "columns without a field");
    }
    for problem in first_ones(&recording.left_out) {
        tracing::warn!("line left out: {problem}");
    }
    for sentence in Refusals::of(&recording.rows).sentences() {
        tracing::warn!("{sentence}");
    }
}

/// Requires recorded times that the consumer accepts.
fn require_dates(timeline: &Timeline) -> anyhow::Result<()> {
    let (first_ms, last_ms) = timeline.range_ms();
    match dates::judge(first_ms, last_ms, clock::now_ms()) {
        Dates::Current => {}
        Dates::Late(text) => tracing::warn!("{text}"),
        Dates::Refused(text) => bail!(text),
    }
    Ok(())
}
