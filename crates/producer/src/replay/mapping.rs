//! The mapping of a file's columns to the fields of a reading.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use vitals_core::domain::vital::{VITALS, Vital};

use super::{
    names::ColumnName,
    units::{Conversion, conversion},
};

/// A mapping, from a file of the user or a profile, in TOML.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Mapping {
    /// Separator of the cells; recognised in the first line if it is not given.
    pub(super) delimiter: Option<char>,
    /// Decimal mark; a comma is recognised between semicolons and tabs if it is not given.
    pub(super) decimal: Option<char>,
    /// Marks for "no value", besides dashes and words such as `NA`.
    pub(super) missing: Vec<String>,
    /// Names of the columns of a file without a header.
    pub(super) header: Vec<String>,
    /// True if a zero is "not measured" in every column.
    pub(super) zero_is_missing: bool,
    /// Times.
    pub(super) time: TimeMapping,
    /// Columns of a file that has one value per row.
    pub(super) long: Option<Long>,
    /// Fields by the name of their column, or of their parameter in a long file. A mapping without
    /// columns adds to the profile that is recognised.
    pub(super) columns: BTreeMap<String, ColumnMapping>,
}

/// The format of the times.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TimeMapping {
    /// Format of a date and time, in the directives of strftime; recognised if it is not given.
    pub(super) format: Option<String>,
    /// Zone of times without one: an IANA name, or a rule of POSIX. UTC if it is not given.
    pub(super) zone: Option<String>,
    /// Unit of times that count from the start of the recording.
    pub(super) elapsed: Option<Elapsed>,
}

/// Unit of an elapsed time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Elapsed {
    /// Milliseconds
    Ms,
    /// Seconds
    S,
    /// Minutes
    Min,
    /// Hours
    H,
}

impl Elapsed {
    /// The unit in ms.
    pub(super) const fn ms(self) -> f64 {
        match self {
            Self::Ms => 1.0,
            Self::S => 1_000.0,
            Self::Min => 60_000.0,
            Self::H => 3_600_000.0,
        }
    }

    /// The unit with this name in a header.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "ms" | "milliseconds" => Some(Self::Ms),
            "s" | "sec" | "seconds" => Some(Self::S),
            "min" | "minutes" => Some(Self::Min),
            "h" | "hours" => Some(Self::H),
            _ => None,
        }
    }
}

/// Columns of a file that has one value per row.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Long {
    /// Column with the name of the parameter.
    pub(super) name: String,
    /// Column with its value.
    pub(super) value: String,
}

/// The field of a column: its name, or a table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(super) enum ColumnMapping {
    Field(String),
    Table(FieldTable),
}

/// A field with its unit.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldTable {
    field: String,
    unit: Option<String>,
    factor: Option<f64>,
    source: Option<PressureSource>,
}

/// The source of a pressure. Those of two sources are not mixed in one reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PressureSource {
    Arterial,
    Cuff,
}

/// A field of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    PatientId,
    Timestamp,
    /// The date of a timestamp in two columns.
    Date,
    /// The time of the day of a timestamp in two columns.
    Time,
    Vital(Vital),
    SupplementalOxygen,
    Consciousness,
    DeviceId,
    Sequence,
    Ward,
    Bed,
}

/// A field with the conversion of its values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Target {
    pub(super) field: Field,
    pub(super) conversion: Conversion,
    /// True if the mapping gives a unit, so that the file's is not consulted.
    pub(super) has_unit: bool,
    pub(super) source: Option<PressureSource>,
}

impl Field {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "patient_id" => Self::PatientId,
            "timestamp" => Self::Timestamp,
            "date" => Self::Date,
            "time" => Self::Time,
            "supplemental_oxygen" => Self::SupplementalOxygen,
            "consciousness" => Self::Consciousness,
            "device_id" => Self::DeviceId,
            "sequence" => Self::Sequence,
            "ward" => Self::Ward,
            "bed" => Self::Bed,
            _ => Self::Vital(VITALS.into_iter().find(|vital| vital.name() == name)?),
        })
    }

    /// Returns true for the fields of a time.
    pub(super) const fn is_time(self) -> bool {
        matches!(self, Self::Timestamp | Self::Date | Self::Time)
    }

    /// The name of the field in a message.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::PatientId => "patient_id",
            Self::Timestamp => "timestamp",
            Self::Date => "date",
            Self::Time => "time",
            Self::Vital(vital) => vital.name(),
            Self::SupplementalOxygen => "supplemental_oxygen",
            Self::Consciousness => "consciousness",
            Self::DeviceId => "device_id",
            Self::Sequence => "sequence",
            Self::Ward => "ward",
            Self::Bed => "bed",
        }
    }
}

impl ColumnMapping {
    /// The field with its conversion.
    fn target(&self) -> anyhow::Result<Target> {
        let (name, unit, factor, source) = match self {
            Self::Field(name) => (name, None, None, None),
            Self::Table(table) => (&table.field, table.unit.as_deref(), table.factor, table.source),
        };
        let Some(field) = Field::from_name(name) else {
            bail!("{name:?} is no field of a reading")
        };
        let mut converted = Conversion::NONE;
        // Only vitals have a unit.
        if unit.is_some() || factor.is_some() || source.is_some() {
            let Field::Vital(vital) = field else { bail!("{name:?} has neither unit nor source") };
            if let Some(unit) = unit {
                let known = conversion(vital, unit);
                converted = known.with_context(|| format!("{unit:?} is no unit of {name}"))?;
            }
        }
        if let Some(factor) = factor {
            ensure!(factor.is_finite() && factor > 0.0, "factor of {name} is not above 0");
            converted = converted.scaled(factor);
        }
        // A unit in the header does not replace one that the mapping gives.
        let has_unit = unit.is_some() || factor.is_some();
        Ok(Target { field, conversion: converted, has_unit, source })
    }
}

impl Mapping {
    /// Reads a mapping file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read the mapping {}", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// Parses a mapping.
    pub(super) fn parse(text: &str) -> anyhow::Result<Self> {
        let mapping: Self = toml::from_str(text)?;
        for (name, column) in &mapping.columns {
            // Checked at once, not only when a file has the column.
            column.target().with_context(|| format!("column {name:?}"))?;
        }
        let decimal = mapping.decimal.unwrap_or('.');
        ensure!(matches!(decimal, '.' | ','), "decimal is neither \".\" nor \",\"");
        ensure!(mapping.delimiter.is_none_or(|c| c.is_ascii()), "delimiter is not ASCII");
        Ok(mapping)
    }

    /// This mapping with the columns of `profile`, and its settings where this one has none.
    pub(super) fn over(self, profile: Self) -> Self {
        let time = TimeMapping {
            format: self.time.format.or(profile.time.format),
            zone: self.time.zone.or(profile.time.zone),
            elapsed: self.time.elapsed.or(profile.time.elapsed),
        };
        Self {
            delimiter: self.delimiter.or(profile.delimiter),
            decimal: self.decimal.or(profile.decimal),
            missing: [self.missing, profile.missing].concat(),
            zero_is_missing: self.zero_is_missing || profile.zero_is_missing,
            time,
            ..profile
        }
    }

    /// The target of a column or parameter; `None` if the mapping has none.
    pub(super) fn target(&self, name: &ColumnName) -> Option<Target> {
        let (_, column) = self.columns.iter().find(|(known, _)| name.is(known))?;
        column.target().ok()
    }
}
