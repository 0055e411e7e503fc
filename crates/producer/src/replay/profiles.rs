//! Mappings of well-known exports.

use std::path::Path;

use anyhow::{Context as _, bail};

use super::{
    mapping::{Field, Mapping},
    names::ColumnName,
};

/// The profiles by name, in order of preference.
pub(super) const PROFILES: [(&str, &str); 8] = [
    ("readings", include_str!("profiles/readings.toml")),
    ("mimic", include_str!("profiles/mimic.toml")),
    ("wfdb", include_str!("profiles/wfdb.toml")),
    ("bidmc", include_str!("profiles/bidmc.toml")),
    ("vitaldb", include_str!("profiles/vitaldb.toml")),
    ("eicu", include_str!("profiles/eicu.toml")),
    ("vscapture", include_str!("profiles/vscapture.toml")),
    ("vscapture-long", include_str!("profiles/vscapture_long.toml")),
];

/// A mapping with the name by which it is reported.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) name: String,
    pub(super) mapping: Mapping,
}

impl Named {
    /// A mapping without columns, completed by `profile`.
    pub(super) fn over(self, profile: Self) -> Self {
        Self {
            name: format!("{} with {}", profile.name, self.name),
            mapping: self.mapping.over(profile.mapping),
        }
    }
}

/// The mapping that the option `--map` names: a profile or a file.
pub(super) fn named(option: &str) -> anyhow::Result<Named> {
    let name = option.to_owned();
    if let Some((_, text)) = PROFILES.into_iter().find(|(known, _)| *known == option) {
        return Ok(Named { name, mapping: Mapping::parse(text)? });
    }
    let path = Path::new(option);
    // More likely a misspelt profile than a file.
    if path.extension().is_none() && !path.exists() {
        let known: Vec<_> = PROFILES.into_iter().map(|(name, _)| name).collect();
        bail!("{option:?} is neither a file nor a profile: {}", known.join(", "));
    }
    Ok(Named { name, mapping: Mapping::read(path)? })
}

/// The profile that knows most columns of a file with this first row, a time and a vital among them.
pub(super) fn recognised(first_row: &[ColumnName]) -> anyhow::Result<Named> {
    let mut best: Option<(usize, Named)> = None;
    for (name, text) in PROFILES {
        let mapping = Mapping::parse(text)?;
        let known = known_columns(&mapping, first_row);
        if known > best.as_ref().map_or(0, |(known, _)| *known) {
            best = Some((known, Named { name: name.to_owned(), mapping }));
        }
    }
    best.map(|(_, named)| named).with_context(|| unrecognised(first_row))
}

/// Number of the columns that `mapping` knows; 0 without a time or a vital.
fn known_columns(mapping: &Mapping, first_row: &[ColumnName]) -> usize {
    if mapping.long.is_some() {
        // The first row of a file without a header has a parameter's name.
        let has_parameter = first_row.iter().any(|cell| mapping.target(cell).is_some());
        let is_complete = first_row.len() == mapping.header.len();
        return if has_parameter && is_complete { first_row.len() } else { 0 };
    }
    let targets = first_row.iter().filter_map(|name| mapping.target(name));
    let fields: Vec<Field> = targets.map(|target| target.field).collect();
    let has_time = fields.iter().any(|field| field.is_time());
    let has_vital = fields.iter().any(|field| matches!(field, Field::Vital(_)));
    if has_time && has_vital { fields.len() } else { 0 }
}

fn unrecognised(first_row: &[ColumnName]) -> String {
    let names: Vec<_> = first_row.iter().map(|name| format!("{:?}", name.text)).collect();
    format!(
        "line 1: no profile has both a time and a vital among the columns {}: give --map FILE.toml",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_profile_is_a_mapping_with_a_time_and_a_vital() {
        for (name, text) in PROFILES {
            let mapping = Mapping::parse(text).unwrap();
            let names: Vec<_> = mapping.columns.keys().map(|name| ColumnName::new(name)).collect();
            let fields = || names.iter().filter_map(|name| mapping.target(name)).map(|t| t.field);
            assert!(fields().any(Field::is_time), "{name}");
            assert!(fields().any(|field| matches!(field, Field::Vital(_))), "{name}");
        }
    }

    #[test]
    fn exports_are_recognised_by_their_columns() {
        let cases = [
            ("patient_id,timestamp,heart_rate", "readings"),
            ("Patient,Date,Time,HR,SpO2,Temp (°F)", "readings"),
            (
                "subject_id,stay_id,charttime,temperature,heartrate,resprate,o2sat,sbp,dbp",
                "readings",
            ),
            ("minute,HR,ABPSys,PULSE,RESP,SpO2", "mimic"),
            ("'Elapsed time','HR','RESP'", "wfdb"),
            ("Time [s], HR, PULSE, RESP, SpO2", "readings"),
            ("Time,Solar8000/HR,Solar8000/PLETH_SPO2", "vitaldb"),
            ("patientunitstayid,observationoffset,heartrate,sao2", "eicu"),
            ("patientunitstayid,observationoffset,noninvasivesystolic", "eicu"),
            ("Time,RelativeTime,SystemLocalTime,NOM_PLETH_PULS_RATE", "vscapture"),
            (
                "23-09-2023 10:05:24.480,5,23-09-2023 10:04:34.674,NOM_RESP_RATE,27",
                "vscapture-long",
            ),
        ];
        for (header, expected) in cases {
            let names: Vec<_> = header.split(',').map(ColumnName::new).collect();
            assert_eq!(recognised(&names).unwrap().name, expected, "{header}");
        }
        let error = recognised(&[ColumnName::new("a"), ColumnName::new("b")]).unwrap_err();
        assert!(error.to_string().contains("\"a\", \"b\""), "{error}");
    }
}
