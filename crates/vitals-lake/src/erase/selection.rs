//! The selection of a patient's files and rows.

use arrow::{
    array::{Array as _, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray},
    datatypes::DataType,
};
use deltalake::{DeltaTable, kernel::LogicalFileView};
use serde::Deserialize;
use serde_json::Value;

use super::spellings::spellings;
use crate::{
    columns::{column, optional_column},
    rejected::holds_rejected,
};

/// The column of patient contexts that names the id under which the patient continues.
const MERGED_INTO: &str = "merged_into";

/// The column of alerts that names another patient, with whom a device or a bed is shared.
const ALARM_TEXT: &str = "text";

/// Selects the rows of one patient.
pub(super) struct Selection {
    id: String,
    /// The id as a JSON string, quotes included, as different senders write it.
    quoted: Vec<Vec<u8>>,
    /// The field that names the patient with the id as a number, if it is one.
    numeric: Option<Vec<u8>>,
    /// The words by which an alarm of another patient names this one.
    named_in_alarms: [String; 2],
    /// Rows name a patient outside `patient_id`, so its bounds rule out no file.
    ignores_bounds: bool,
}

/// The statistics of a file, as far as they are needed.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Stats {
    min_values: Bounds,
    max_values: Bounds,
}

#[derive(Default, Deserialize)]
struct Bounds {
    patient_id: Option<String>,
}

impl Selection {
    /// Selects the rows of patient `id` in `table`.
    pub(super) fn in_table(id: &str, table: &DeltaTable) -> anyhow::Result<Self> {
        let schema = table.snapshot()?.schema();
        let mut others = [MERGED_INTO, ALARM_TEXT].into_iter();
        let ignores_bounds = others.any(|name| schema.field(name).is_some());
        Ok(Self { ignores_bounds, ..Self::new(id)? })
    }

    fn new(id: &str) -> anyhow::Result<Self> {
        // Some senders write an id of digits as a number.
        let is_number = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
        let field = format!(r#""patient_id":{id}"#).into_bytes();
        let numeric = if is_number { Some(field) } else { None };
        let quoted = spellings(&serde_json::to_string(id)?);
        let named_in_alarms = [format!(" also sends for {id}"), format!("{id} is also in bed ")];
        Ok(Self { id: id.to_owned(), quoted, numeric, named_in_alarms, ignores_bounds: false })
    }

    /// Returns false if the statistics of `file` rule the patient out.
    pub(super) fn may_be_in(&self, file: &LogicalFileView) -> bool {
        // The payloads of rejected messages have no statistics.
        if holds_rejected(&file.partition_values_map()) {
            return true;
        }
        if self.ignores_bounds {
            return true;
        }
        let stats = file.stats().and_then(|stats| serde_json::from_str::<Stats>(&stats).ok());
        let Some(Stats { min_values, max_values }) = stats else { return true };
        let is_below = min_values.patient_id.is_some_and(|min| self.id < min);
        let is_above = max_values.patient_id.is_some_and(|max| self.id > max);
        !is_below && !is_above
    }

    /// The rows of the patient: readings by their id, rejected messages by their key or by the id
    /// in their payload.
    pub(super) fn rows(&self, rows: &RecordBatch) -> anyhow::Result<BooleanArray> {
        let patients = column(rows, "patient_id", &DataType::Utf8)?;
        let patients = patients.as_string::<i32>();
        // An earlier id of the same person.
        let merged = optional_column(rows, MERGED_INTO, &DataType::Utf8)?;
        let merged = merged.as_ref().map(AsArray::as_string::<i32>);
        let texts = optional_column(rows, ALARM_TEXT, &DataType::Utf8)?;
        let texts = texts.as_ref().map(AsArray::as_string::<i32>);
        let keys =
            ["reject_key", "kafka_key"].map(|name| optional_column(rows, name, &DataType::Binary));
        let keys: Vec<ArrayRef> =
            keys.into_iter().filter_map(Result::transpose).collect::<Result<_, _>>()?;
        let payloads = optional_column(rows, "reject_payload", &DataType::Binary)?;
        let selected = (0..rows.num_rows()).map(|row| {
            let names_patient =
                |column: &StringArray| column.is_valid(row) && column.value(row) == self.id;
            let is_patients = names_patient(patients) || merged.is_some_and(names_patient);
            let mut keys = keys.iter().filter_map(|keys| bytes(Some(keys), row));
            let has_key = keys.any(|key| key == self.id.as_bytes());
            let is_named = texts.is_some_and(|texts: &StringArray| {
                texts.is_valid(row) && self.is_named_in(texts.value(row))
            });
            if is_patients || has_key || is_named {
                return Some(true);
            }
            Some(bytes(payloads.as_ref(), row).is_some_and(|payload| self.is_in(payload)))
        });
        Ok(selected.collect())
    }

    /// Returns true if the text of an alarm names the patient as the one with whom another patient
    /// shares a device or a bed: see `vitals_core::domain::bedside::conditions`.
    fn is_named_in(&self, text: &str) -> bool {
        let [device, bed] = &self.named_in_alarms;
        text.split("; ").any(|part| part.ends_with(device) || part.starts_with(bed))
    }

    /// Returns true if a text of `json` is the id.
    fn is_text_in(&self, json: &Value) -> bool {
        match json {
            Value::String(text) => *text == self.id,
            Value::Array(values) => values.iter().any(|value| self.is_text_in(value)),
            Value::Object(fields) => fields.values().any(|value| self.is_text_in(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Returns true if a rejected payload names the patient.
    fn is_in(&self, payload: &[u8]) -> bool {
        if self.quoted.iter().any(|quoted| rests(payload, quoted).next().is_some()) {
            return true;
        }
        // A sender may escape any character.
        if payload.contains(&b'\\')
            && serde_json::from_slice(payload).is_ok_and(|json| self.is_text_in(&json))
        {
            return true;
        }
        let Some(field) = &self.numeric else { return false };
        let dense: Vec<u8> =
            payload.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
        rests(&dense, field).any(ends_number)
    }
}

/// The rest of `payload` after each occurrence of `part`.
fn rests<'a>(payload: &'a [u8], part: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
    let windows = payload.windows(part.len()).enumerate();
    let found = windows.filter(move |(_, window)| *window == part);
    found.map(move |(at, _)| &payload[at + part.len()..])
}

/// Returns true if a whole number ends where `rest` begins. A fraction of zeros belongs to it.
fn ends_number(rest: &[u8]) -> bool {
    let fraction = rest.strip_prefix(b".").unwrap_or(b"");
    let zeros = fraction.iter().take_while(|byte| **byte == b'0').count();
    let rest = if zeros > 0 { &fraction[zeros..] } else { rest };
    matches!(rest.first(), None | Some(b',' | b'}'))
}

fn bytes(column: Option<&ArrayRef>, row: usize) -> Option<&[u8]> {
    let column = column?.as_binary::<i32>();
    if column.is_valid(row) { Some(column.value(row)) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, payload: &str) -> bool {
        Selection::new(id).unwrap().is_in(payload.as_bytes())
    }

    #[test]
    fn a_payload_names_a_patient_as_text_or_as_a_number() {
        assert!(named("p-1", r#"{"patientId": "p-1", broken"#));
        assert!(!named("p-1", r#"{"patient_id": "p-12"}"#));
        assert!(!named("p-1", "p-1"), "no JSON string");
        assert!(named("12", "{\"patient_id\" : 12 ,\"spo2\":97"));
        assert!(named("12", r#"{"spo2":97,"patient_id":12}"#));
        assert!(!named("12", r#"{"patient_id":123,"spo2":12}"#));
        assert!(named("a\"b", r#"{"patient_id":"a\"b"}"#));
        assert!(named("12", r#"{"patient_id":12.0,"spo2":97}"#));
        assert!(named("12", r#"{"spo2":97,"patient_id":12"#), "broken off");
        assert!(!named("12", r#"{"patient_id":12.5}"#));
        assert!(!named("12", r#"{"patient_id":12.05}"#));
    }

    #[test]
    fn an_alarm_of_another_patient_names_the_patient() {
        let selection = Selection::new("p-1").unwrap();
        for text in [
            "device mon-1 also sends for p-1",
            "p-1 is also in bed A3 · 12",
            "device mon-1 also sends for q; device mon-1 also sends for p-1",
            "p-1 is also in bed A3 · 12; q is also in bed A3 · 12",
        ] {
            assert!(selection.is_named_in(text), "{text}");
        }
        for text in [
            "device p-1 also sends for q",
            "device mon-1 also sends for p-12",
            "p-12 is also in bed A3 · 12",
            "q is also in bed p-1 · 12",
            "HR 134 > 120",
        ] {
            assert!(!selection.is_named_in(text), "{text}");
        }
    }

    #[test]
    fn a_payload_may_have_another_encoding() {
        let selection = Selection::new("Jürgen").unwrap();
        let json = r#"{"patient_id":"Jürgen"}"#;
        let latin_1: Vec<u8> =
            json.chars().map(|it| u8::try_from(u32::from(it)).unwrap()).collect();
        assert!(selection.is_in(&latin_1));
        for bytes in [u16::to_le_bytes, u16::to_be_bytes] {
            let utf_16: Vec<u8> = json.encode_utf16().flat_map(bytes).collect();
            assert!(selection.is_in(&utf_16));
            let other: Vec<u8> = r#""Jürgens""#.encode_utf16().flat_map(bytes).collect();
            assert!(!selection.is_in(&other));
        }
    }

    #[test]
    fn a_payload_may_escape_the_id() {
        for payload in [
            r#"{"patient_id":"Jürgen/7""#,
            r#"{"patient_id":"J\u00fcrgen/7""#,
            r#"{"patient_id":"J\u00FCrgen\/7""#,
        ] {
            assert!(named("Jürgen/7", payload), "{payload}");
        }
        assert!(named("p-1", r#"[{"id":{"patient":"p\u002D1"}}]"#));
        assert!(!named("p-1", r#"{"patient_id":"p\u002D12"}"#));
        assert!(named("𝄞", r#"{"patient_id":"\ud834\udd1e"}"#));
        assert!(!named("Jurgen/7", r#"{"patient_id":"J\u00fcrgen/7"}"#));
    }
}
