//! Unknown fields with a name close to that of a vital or an observation: what they carry would be
//! missing at the bedside without a word.

use super::raw_fields::{CONSCIOUSNESS, FIELD_COUNT, SUPPLEMENTAL_OXYGEN, field_name};
use crate::domain::vital::VITAL_COUNT;

/// Other names of vitals and observations in devices, gateways and exports, normalised.
const OTHER_NAMES: [&str; 65] = [
    "abp",
    "abpdia",
    "abpmean",
    "abpsys",
    "acvpu",
    "avpu",
    "bloodpressure",
    "bodytemp",
    "bodytemperature",
    "bp",
    "bpdia",
    "bpm",
    "bpsys",
    "breathingrate",
    "breaths",
    "dbp",
    "dia",
    "diabp",
    "diastolicbloodpressure",
    "diastolicbp",
    "diastolicpressure",
    "ecghr",
    "heartbeat",
    "hr",
    "hrate",
    "loc",
    "map",
    "meanarterialpressure",
    "meanbp",
    "nibp",
    "nibpdia",
    "nibpmean",
    "nibpsys",
    "o2",
    "o2sat",
    "o2saturation",
    "o2therapy",
    "ono2",
    "onoxygen",
    "oxygen",
    "oxygensaturation",
    "oxygensupply",
    "oxygentherapy",
    "pr",
    "pulserate",
    "resp",
    "respiration",
    "respirationrate",
    "respirations",
    "resprate",
    "rr",
    "sao2",
    "sats",
    "saturation",
    "sbp",
    "supplementalo2",
    "suppo2",
    "sys",
    "sysbp",
    "systolicbloodpressure",
    "systolicbp",
    "systolicpressure",
    "temp",
    "tempc",
    "temperaturec",
];

/// Units that exports append to a name, normalised.
const UNITS: [&str; 16] = [
    "bpm",
    "beatspermin",
    "brpm",
    "c",
    "celsius",
    "degc",
    "degf",
    "f",
    "fahrenheit",
    "kpa",
    "mmhg",
    "pct",
    "percent",
    "permin",
    "perminute",
    "value",
];

/// Returns true if the unknown field `name` looks like a field of the contract: the same name in
/// another spelling, or another or misspelt name of a vital or an observation.
pub(super) fn is_misspelt(name: &str) -> bool {
    let name: String =
        name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    let without_unit = UNITS.into_iter().filter_map(|unit| name.strip_suffix(unit));
    without_unit.chain([name.as_str()]).any(is_known_or_close)
}

fn is_known_or_close(name: &str) -> bool {
    let is_other_name = OTHER_NAMES.contains(&name);
    is_other_name
        || (0..FIELD_COUNT).any(|index| {
            let known = field_name(index).replace('_', "");
            name == known || (is_clinical(index) && is_close(name, &known))
        })
}

const fn is_clinical(index: usize) -> bool {
    index < VITAL_COUNT || index == SUPPLEMENTAL_OXYGEN || index == CONSCIOUSNESS
}

/// Returns true if `known` becomes `name` by one typing error, or by two if it is long.
fn is_close(name: &str, known: &str) -> bool {
    let allowed = if known.len() < 9 { 1 } else { 2 };
    name.len().abs_diff(known.len()) <= allowed && distance(name, known) <= allowed
}

/// The number of characters to insert, delete, replace or exchange with a neighbour.
fn distance(a: &str, b: &str) -> usize {
    let a = a.as_bytes();
    let b = b.as_bytes();
    // Optimal string alignment, row by row: an exchange of neighbours looks two rows back.
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_names_are_misspelt() {
        let misspelt = [
            "heartRate",
            "HeartRate",
            "heart-rate",
            "hart_rate",
            "heart_rates",
            "hr",
            "HR",
            "SpO2",
            "spo_2",
            "spO2",
            "sop2",
            "O2Sat",
            "sytolic",
            "diastolic_bp",
            "respitory_rate",
            "resp",
            "temprature",
            "Temp",
            "conciousness",
            "supplementalOxygen",
            "deviceId",
            "Ward",
            "heart_rate_bpm",
            "HR (bpm)",
            "oxygen",
            "O2",
            "spo2_percent",
            "SpO2 (%)",
            "temperature_f",
            "temp_celsius",
            "sbp_mmHg",
            "respiratory_rate_per_min",
            "NIBP_Mean",
            "abp_sys",
            "SysBP",
            "\u{200b}heart_rate",
            "Heart Rate ",
        ];
        for name in misspelt {
            assert!(is_misspelt(name), "{name}");
        }
    }

    #[test]
    fn other_fields_are_not() {
        let others = [
            "firmware",
            "battery",
            "mood",
            "x",
            "unit",
            "heart_rate_unit",
            "spo2_status",
            "quality",
            "room",
            "alarm",
            "etco2",
            "impulse_count",
            "fio2",
            "oxygen_flow_l_min",
            "c",
            "value",
            "mean",
            "",
        ];
        for name in others {
            assert!(!is_misspelt(name), "{name}");
        }
    }
}
