//! The header of a WFDB record: a line for the record and a line for each signal.
//!
//! Source: header(5) of the WFDB Applications Guide.

use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};
use jiff::civil::DateTime;

/// A record of one segment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Header {
    /// Samples per second of each signal.
    pub(super) frequency: f64,
    /// Number of samples, if the header gives it.
    pub(super) samples: Option<usize>,
    /// Date and time of the first sample, if the header gives both.
    pub(super) start: Option<DateTime>,
    pub(super) signals: Vec<Signal>,
}

/// One signal.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signal {
    /// The file of the samples.
    pub(super) file: String,
    /// Position of the first sample in the file.
    pub(super) byte_offset: usize,
    /// Units of the converter per physical unit.
    pub(super) gain: f64,
    /// Value of the converter at 0.
    pub(super) baseline: f64,
    pub(super) unit: String,
    /// Sum of all samples, in 16 bits; `None` if the header does not give it.
    pub(super) checksum: Option<i16>,
    pub(super) initial: Option<i32>,
    pub(super) name: String,
}

/// Gain of a signal whose header has none.
const DEFAULT_GAIN: f64 = 200.0;

impl Header {
    /// Parses the text of a header.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let lines = text.lines().enumerate();
        let mut lines =
            lines.filter(|(_, line)| !line.trim().is_empty() && !line.trim().starts_with('#'));
        let (index, first) = lines.next().context("the header is empty")?;
        let (mut header, count) = record(first).with_context(|| format!("line {}", index + 1))?;
        for (index, line) in lines.by_ref().take(count) {
            let signal = signal(line).with_context(|| format!("line {}", index + 1))?;
            header.signals.push(signal);
        }
        let found = header.signals.len();
        ensure!(found == count, "{found} signals, line 1 announces {count}");
        Ok(header)
    }

    /// Time between two samples, ms.
    pub(super) fn interval_ms(&self) -> f64 {
        1000.0 / self.frequency
    }
}

/// Parses the line of the record; the second value is the number of signals.
fn record(line: &str) -> anyhow::Result<(Header, usize)> {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    ensure!(!name.contains('/'), "records of several segments are not supported: give a segment");
    let count: usize = parsed(words.next(), "number of signals")?.context("no signals")?;
    ensure!(count > 0, "the record has no signals");
    // The rate of a counter may follow the frequency, and a base in brackets.
    let frequency = words.next().map(|word| word.split(['/', '(']).next().unwrap_or_default());
    // The default of the format.
    let frequency = parsed(frequency, "frequency")?.unwrap_or(250.0);
    ensure!(
        f64::is_finite(frequency) && (1e-6..1e6).contains(&frequency),
        "frequency {frequency} is not from 0.000001 to 1000000"
    );
    let samples =
        parsed::<usize>(words.next(), "number of samples")?.filter(|samples| *samples > 0);
    let time = words.next().map(clock).transpose()?;
    let date = words.next();
    let start = match (time, date) {
        (Some(time), Some(date)) => {
            let text = format!("{date} {time}");
            let start = DateTime::strptime("%d/%m/%Y %H:%M:%S%.f", &text);
            Some(start.with_context(|| format!("{text:?} is no date and time"))?)
        }
        _ => None,
    };
    Ok((Header { frequency, samples, start, signals: Vec::new() }, count))
}

/// A time of the day with hours: `31:25.894` is 31 minutes after midnight.
fn clock(text: &str) -> anyhow::Result<String> {
    let parts: Vec<_> = text.split(':').collect();
    Ok(match parts.as_slice() {
        [seconds] => format!("0:0:{seconds}"),
        [minutes, seconds] => format!("0:{minutes}:{seconds}"),
        [_, _, _] => text.to_owned(),
        _ => bail!("{text:?} is no time"),
    })
}

/// Parses the line of a signal: file, format, gain, resolution, zero, initial value, checksum, size
/// of blocks, name.
fn signal(line: &str) -> anyhow::Result<Signal> {
    let mut words = line.split_whitespace();
    let file = words.next().context("no file")?.to_owned();
    let format = words.next().context("no format")?;
    let (format, offset) = format.split_once('+').unwrap_or((format, "0"));
    ensure!(
        matches!(format, "16" | "16x1" | "16:0" | "16x1:0"),
        "format {format} is not supported, only 16 with one sample a frame and without skew"
    );
    let byte_offset = parsed(Some(offset), "offset")?.unwrap_or(0);
    let (gain, baseline, unit) = gain(words.next().unwrap_or("0"))?;
    let _resolution: Option<i32> = parsed(words.next(), "resolution")?;
    let zero: Option<f64> = parsed(words.next(), "zero")?;
    let initial = parsed(words.next(), "initial value")?;
    // Some writers give the sum without a sign.
    let checksum: Option<i32> = parsed(words.next(), "checksum")?;
    #[expect(clippy::cast_possible_truncation, reason = "the sum is kept in 16 bits")]
    let checksum = checksum.map(|sum| sum as i16);
    let _block: Option<i32> = parsed(words.next(), "block size")?;
    let name = words.collect::<Vec<_>>().join(" ");
    let baseline = baseline.or(zero).unwrap_or(0.0);
    Ok(Signal { file, byte_offset, gain, baseline, unit, checksum, initial, name })
}

/// Parses `10(0)/bpm` into gain, baseline and unit.
fn gain(word: &str) -> anyhow::Result<(f64, Option<f64>, String)> {
    let (number, unit) = word.split_once('/').unwrap_or((word, ""));
    let (number, baseline) = match number.split_once('(') {
        None => (number, None),
        Some((number, rest)) => {
            let rest = rest.strip_suffix(')').context("no bracket behind the baseline")?;
            (number, parsed(Some(rest), "baseline")?)
        }
    };
    let gain: f64 = parsed(Some(number), "gain")?.unwrap_or(0.0);
    ensure!(gain.is_finite() && gain >= 0.0, "gain {gain} is below 0");
    Ok((if gain == 0.0 { DEFAULT_GAIN } else { gain }, baseline, unit.to_owned()))
}

/// Parses an optional number.
fn parsed<T: FromStr>(word: Option<&str>, what: &str) -> anyhow::Result<Option<T>> {
    let Some(word) = word else { return Ok(None) };
    let number = word.parse().ok();
    number.with_context(|| format!("{what} {word:?} is no valid number")).map(Some)
}
