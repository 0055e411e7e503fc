//! The clocks of the devices behind the rows of a query.

use std::collections::HashMap;

use vitals_core::domain::bedside::ClockCourse;

use super::patient_rows::PatientRows;

/// The courses of the clocks that need a correction, by device.
pub(super) struct Clocks<'a> {
    courses: HashMap<Option<&'a str>, ClockCourse>,
    /// The course of every other clock.
    right: ClockCourse,
}

impl<'a> Clocks<'a> {
    /// The clocks of all devices in `batches`.
    pub(super) fn of(batches: &'a [PatientRows]) -> Self {
        let mut times: HashMap<_, Vec<(i64, i64)>> = HashMap::new();
        for rows in batches {
            for row in 0..rows.len() {
                if let Some(arrival_ms) = rows.arrival_ms(row) {
                    let known = times.entry(rows.device(row)).or_default();
                    known.push((arrival_ms, rows.time_ms(row)));
                }
            }
        }
        let courses = times.into_iter();
        let courses =
            courses.filter_map(|(device, times)| Some((device, ClockCourse::new(times)?)));
        Self { courses: courses.collect(), right: ClockCourse::default() }
    }

    /// The time of a row's measurement on the server's clock, ms since the epoch: where the live view
    /// places it. Without an arrival it is the time as sent.
    pub(super) fn place(&self, rows: &PatientRows, row: usize) -> i64 {
        let time_ms = rows.time_ms(row);
        let Some(arrival_ms) = rows.arrival_ms(row) else { return time_ms };
        self.courses.get(&rows.device(row)).unwrap_or(&self.right).place(time_ms, arrival_ms)
    }
}
