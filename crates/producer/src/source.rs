//! The interface between a source of readings and the publisher.

use std::{collections::BTreeMap, time::Duration};

use vitals_core::domain::{patient_context::PatientContext, reading::Reading};

use crate::simulate::Truth;

/// Both clocks at the time of a call.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Wall clock, ms since the Unix epoch.
    pub wall_ms: i64,
    /// Time since the start on the monotonic clock.
    pub elapsed: Duration,
}

impl Now {
    /// The wall clock, in ms since the Unix epoch, at `after` since the start; in the past or in
    /// the future.
    #[must_use]
    pub fn wall_ms_at(&self, after: Duration) -> i64 {
        self.wall_ms.saturating_add(millis(after)).saturating_sub(millis(self.elapsed))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// A reading with its due time.
#[derive(Debug, Clone)]
pub struct Due<'a> {
    /// Due time since the start; a time in the past is due immediately. Counted from the start
    /// rather than from the previous reading, so that the pace doesn't drift.
    pub after: Duration,
    /// The reading.
    pub reading: Reading<'a>,
}

/// A message that accompanies the readings, on another topic.
#[derive(Debug, Clone, PartialEq)]
pub enum Announcement {
    /// The context of a patient.
    Context(Box<PatientContext>),
    /// An episode of a simulated patient.
    Truth(Truth),
}

/// Yields readings in the order in which they are sent.
pub trait Source: Send {
    /// The next reading; `None` at the end.
    fn next(&mut self, now: Now) -> Option<Due<'_>>;

    /// Returns true if the source knows the contexts and the ground truth of its patients.
    fn is_simulated(&self) -> bool {
        false
    }

    /// The contexts of the source's patients that differ from the `known` ones, by patient.
    fn contexts(
        &self,
        _known: &BTreeMap<String, PatientContext>,
        _now: Now,
    ) -> Vec<PatientContext> {
        Vec::new()
    }

    /// The announcements since the previous call, which are sent before the next reading.
    fn announcements(&mut self) -> Vec<Announcement> {
        Vec::new()
    }
}
