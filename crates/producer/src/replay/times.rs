//! The times of a file.

use std::borrow::Cow;

use jiff::{
    Timestamp,
    tz::{AmbiguousOffset, TimeZone},
};

use super::{
    cells::Spelling,
    date_formats::{date_time, recognised_format},
    mapping::{Elapsed, TimeMapping},
    problem::Problem,
};

/// Numbers below this are seconds since the epoch, others milliseconds, as in a message.
const SECONDS_BELOW: f64 = 100_000_000_000.0;
/// Numbers below this are no times of this century, neither as seconds nor as milliseconds.
const EPOCH_FROM: f64 = 100_000_000.0;

/// The time that a cell spells, ms since the Unix epoch or since the start of the recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    Instant(i64),
    /// A time of the day without a date.
    Clock(i64),
    /// A time in the hour that comes twice when clocks are set back.
    Repeated {
        earlier_ms: i64,
        later_ms: i64,
    },
}

/// Reads the times of one file.
#[derive(Debug)]
pub(super) struct Times {
    /// Unit of a number that counts from the start of the recording.
    elapsed: Option<Elapsed>,
    /// True if all times are clock times without a date, such as `1:05:23`.
    is_stopwatch: bool,
    /// Format of dates without a zone.
    format: Option<String>,
    zone: TimeZone,
    /// The zone's name, if the mapping gives one.
    zone_name: Option<String>,
    /// True if a date without a zone was read.
    is_civil: bool,
}

/// A cell of the column of times.
#[derive(Debug, Clone)]
pub(super) struct TimeCell<'a> {
    pub(super) line: u64,
    pub(super) text: Cow<'a, str>,
}

impl Times {
    /// The times of a file with these `cells` in the column named `column`; `elapsed` is the unit of
    /// the command line, the mapping or the header.
    pub(super) fn new(
        mapping: &TimeMapping,
        elapsed: Option<Elapsed>,
        spelling: &Spelling,
        column: &str,
        cells: &[TimeCell<'_>],
    ) -> Result<Self, Problem> {
        let zone = match &mapping.zone {
            None => TimeZone::UTC,
            Some(name) => zone(name).ok_or_else(|| {
                Problem::of_line(1, format!("time zone {name:?} of the mapping is unknown"))
            })?,
        };
        let mut times = Self {
            elapsed,
            is_stopwatch: !cells.is_empty()
                && cells.iter().all(|cell| stopwatch_ms(&cell.text).is_some()),
            format: mapping.format.clone(),
            zone,
            zone_name: mapping.zone.clone(),
            is_civil: false,
        };
        // Times that count from a start have no date to recognise.
        if times.elapsed.is_some() || times.is_stopwatch {
            return Ok(times);
        }
        refuse_elapsed(spelling, column, cells)?;
        if times.format.is_none() {
            times.format = recognised_format(column, cells)?;
        }
        times.is_civil =
            times.format.is_some() && cells.iter().any(|cell| instant(&cell.text).is_none());
        Ok(times)
    }

    /// Returns true if the times are dates.
    pub(super) const fn is_dated(&self) -> bool {
        self.elapsed.is_none() && !self.is_stopwatch
    }

    /// The format in words, for the report.
    pub(super) fn description(&self) -> String {
        match (self.elapsed, &self.format, &self.zone_name) {
            (Some(unit), ..) => format!("elapsed, in {unit:?}").to_lowercase(),
            (None, ..) if self.is_stopwatch => "clock times or elapsed, h:mm:ss".to_owned(),
            (None, Some(format), Some(zone)) if self.is_civil => {
                format!("dates as {format} in zone {zone}")
            }
            (None, Some(format), None) if self.is_civil => {
                format!("dates as {format}, without a zone, read as UTC")
            }
            _ => "dates".to_owned(),
        }
    }

    /// The time of a cell.
    pub(super) fn parse(&self, cell: &str, spelling: &Spelling) -> Result<Time, String> {
        if let Some(unit) = self.elapsed {
            let ms = spelling.parse(cell).map(|number| number * unit.ms());
            return match ms.and_then(whole).or_else(|| stopwatch_ms(cell)) {
                Some(ms) => Ok(Time::Instant(ms)),
                None => Err(format!("{cell:?} is no elapsed time")),
            };
        }
        if self.is_stopwatch {
            let ms = stopwatch_ms(cell).ok_or_else(|| format!("{cell:?} is no clock time"));
            return ms.map(Time::Clock);
        }
        match (instant(cell), &self.format) {
            (Some(ms), _) => Ok(Time::Instant(ms)),
            (None, Some(format)) => self.civil(cell, format),
            (None, None) => {
                Err(format!("{cell:?} is neither seconds nor milliseconds since 1970, nor a date"))
            }
        }
    }

    /// The time of a date without a zone.
    fn civil(&self, cell: &str, format: &str) -> Result<Time, String> {
        let time = date_time(format, cell)
            .ok_or_else(|| format!("{cell:?} has not the format {format}"))?;
        let ambiguous = self.zone.to_ambiguous_timestamp(time);
        let outside = |_| format!("{cell:?} is outside of the calendar");
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { .. } => {
                Ok(Time::Instant(ambiguous.earlier().map_err(outside)?.as_millisecond()))
            }
            AmbiguousOffset::Gap { .. } => Err(format!(
                "{cell:?} does not exist in zone {}, where the clock was set forward",
                self.zone_name.as_deref().unwrap_or("UTC")
            )),
            // The clock was set back, and the hour passed twice: the patient's other times decide.
            AmbiguousOffset::Fold { .. } => Ok(Time::Repeated {
                earlier_ms: ambiguous.earlier().map_err(outside)?.as_millisecond(),
                later_ms: ambiguous.later().map_err(outside)?.as_millisecond(),
            }),
        }
    }
}

/// The zone with this IANA name, or with this rule of POSIX, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
fn zone(name: &str) -> Option<TimeZone> {
    TimeZone::get(name).or_else(|_| TimeZone::posix(name)).ok()
}

/// Refuses a file whose numbers are too small for dates: they count from the start of the recording.
fn refuse_elapsed(
    spelling: &Spelling,
    column: &str,
    cells: &[TimeCell<'_>],
) -> Result<(), Problem> {
    match cells.first() {
        Some(first) if spelling.parse(&first.text).is_some_and(is_elapsed) => {
            let text = format!(
                "{:?} is no date; if times count from the start of the recording, give \
                 --elapsed s (or ms, min, h)",
                first.text
            );
            Err(Problem::of_cell(first.line, column, text))
        }
        _ => Ok(()),
    }
}

/// Returns true for a number that can't be a date of this century.
fn is_elapsed(number: f64) -> bool {
    number.abs() < EPOCH_FROM
}

/// Seconds or milliseconds since 1970, or RFC 3339, also with `UTC` or `GMT` for `Z`.
pub(super) fn instant(cell: &str) -> Option<i64> {
    if let Ok(number) = cell.parse::<f64>() {
        // Recent times in seconds are far smaller numbers than in milliseconds.
        let ms = if number < SECONDS_BELOW { number * 1000.0 } else { number };
        return whole(ms).filter(|_| !is_elapsed(number));
    }
    let named = cell.strip_suffix(" UTC").or_else(|| cell.strip_suffix(" GMT"));
    let time = match named {
        Some(time) => format!("{time}Z").parse::<Timestamp>(),
        None => cell.parse(),
    };
    time.ok().map(Timestamp::as_millisecond)
}

/// A time such as `1:05:23.5` or `5:23`, ms.
pub(super) fn stopwatch_ms(cell: &str) -> Option<i64> {
    let mut seconds = 0.0;
    let mut parts = 0;
    for part in cell.split(':') {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return None;
        }
        seconds = seconds * 60.0 + part.parse::<f64>().ok()?;
        parts += 1;
    }
    if (2..=3).contains(&parts) { whole(seconds * 1000.0) } else { None }
}

fn whole(ms: f64) -> Option<i64> {
    // Within 1e15 ms, some 30,000 years, every whole number is exact.
    if !ms.is_finite() || ms.abs() >= 1e15 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    let ms = ms.round() as i64;
    Some(ms)
}

#[cfg(test)]
#[path = "times_tests.rs"]
mod tests;
