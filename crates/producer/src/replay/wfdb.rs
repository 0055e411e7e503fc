//! WFDB numerics: a header, and files of samples in format 16.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, ensure};

use super::{
    line::Line,
    names::ColumnName,
    table::Table,
    text,
    wfdb_header::{Header, Signal},
};

/// The sample that stands for "no value" in format 16.
const NO_SAMPLE: i16 = i16::MIN;

/// Reads the record with its header at `path` into a table whose first column is the time. A line
/// of the table is a sample, counted from 1.
pub(super) fn read(path: &Path) -> anyhow::Result<Table> {
    let header = Header::parse(&text::read(path)?)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut files = BTreeMap::new();
    for signal in &header.signals {
        if !files.contains_key(&signal.file) {
            let bytes = std::fs::read(folder.join(&signal.file));
            let bytes = bytes.with_context(|| format!("can't read {}", signal.file))?;
            files.insert(signal.file.clone(), bytes);
        }
    }
    let mut samples = Vec::new();
    for (index, signal) in header.signals.iter().enumerate() {
        let bytes = files.get(&signal.file).map_or(&[][..], Vec::as_slice);
        let found = signal_samples(&header, index, bytes);
        samples.push(found.with_context(|| format!("signal {}", signal.name))?);
    }
    Ok(table(&header, &samples))
}

/// The samples of signal `index`: the signals of a file take turns. Verifies number, initial value
/// and checksum.
fn signal_samples(header: &Header, index: usize, bytes: &[u8]) -> anyhow::Result<Vec<i16>> {
    let signal = &header.signals[index];
    let in_file = |other: &&Signal| other.file == signal.file;
    let width = header.signals.iter().filter(in_file).count();
    let position = header.signals[..index].iter().filter(in_file).count();
    let bytes = bytes.get(signal.byte_offset..).context("the file ends before the first sample")?;
    ensure!(
        bytes.len() % (2 * width) == 0,
        "{} has {} bytes, which is no multiple of {width} samples",
        signal.file,
        bytes.len()
    );
    let samples: Vec<i16> = bytes
        .chunks_exact(2 * width)
        .map(|frame| i16::from_le_bytes([frame[2 * position], frame[2 * position + 1]]))
        .collect();
    if let Some(expected) = header.samples {
        let found = samples.len();
        ensure!(found == expected, "{found} samples, the header has {expected}");
    }
    if let (Some(initial), Some(first)) = (signal.initial, samples.first()) {
        ensure!(initial == i32::from(*first), "begins with {first}, the header has {initial}");
    }
    // WFDB's checksum is the sum of the samples in 16 bits.
    let sum = samples.iter().fold(0_i16, |sum, sample| sum.wrapping_add(*sample));
    if let Some(checksum) = signal.checksum {
        ensure!(sum == checksum, "checksum {sum}, the header has {checksum}: the file is damaged");
    }
    Ok(samples)
}

/// The table of a record. Physical values have the decimals that the gain resolves.
fn table(header: &Header, samples: &[Vec<i16>]) -> Table {
    let time = if header.start.is_some() { "Time and date" } else { "Elapsed time [ms]" };
    let signals = header.signals.iter();
    let names = signals.map(|signal| match signal.unit.as_str() {
        "" => ColumnName::new(&signal.name),
        unit => ColumnName::new(&format!("{} ({unit})", signal.name)),
    });
    let count = samples.first().map_or(0, Vec::len);
    let lines = (0..count).map(|index| {
        let values = samples.iter().zip(&header.signals);
        let values = values.map(|(samples, signal)| physical(samples[index], signal));
        Line::new(index as u64 + 1, std::iter::once(time_of(header, index)).chain(values))
    });
    Table {
        header: std::iter::once(ColumnName::new(time)).chain(names).collect(),
        units: Vec::new(),
        lines: lines.collect(),
        problems: Vec::new(),
        delimiter: ',',
    }
}

/// The time of sample `index`, as a date or in ms since the start.
fn time_of(header: &Header, index: usize) -> String {
    #[expect(clippy::cast_precision_loss, reason = "2^53 samples are beyond any file")]
    let since_ms = (index as f64 * header.interval_ms()).round();
    #[expect(clippy::cast_possible_truncation, reason = "a file's length in ms fits in 2^63")]
    let since = jiff::SignedDuration::from_millis(since_ms as i64);
    match header.start.map(|start| start.checked_add(since)) {
        // The header has no zone.
        Some(Ok(time)) => format!("{time}Z"),
        Some(Err(_)) => "after the year 9999".to_owned(),
        None => since.as_millis().to_string(),
    }
}

fn physical(sample: i16, signal: &Signal) -> String {
    if sample == NO_SAMPLE {
        return String::new();
    }
    let value = (f64::from(sample) - signal.baseline) / signal.gain;
    // No more decimals than the gain resolves.
    let decimals = signal.gain.log10().ceil().clamp(0.0, 6.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 6")]
    let decimals = decimals as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
#[path = "wfdb_tests.rs"]
mod tests;
