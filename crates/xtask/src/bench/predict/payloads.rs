//! The request payloads, as files for `wrk`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::{bench, paths};

/// Rows of a batch request.
pub(super) const ROWS: usize = 1000;

const FEATURES: [&str; 8] = [
    "pregnancies",
    "glucose",
    "blood_pressure",
    "skin_thickness",
    "insulin",
    "bmi",
    "diabetes_pedigree_function",
    "age",
];

type Row = [f64; 8];

/// A payload in a file, with its headers.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    pub(super) file: PathBuf,
    pub(super) content_type: &'static str,
    /// Length of the JSON head of a binary payload, for `Inference-Header-Content-Length`.
    pub(super) json_length: Option<usize>,
}

/// The payloads of the bench, from the rows of the data set.
pub(super) struct Payloads {
    /// One person, as JSON.
    pub(super) person: Payload,
    /// One person, as the Open Inference request of MLServer.
    pub(super) mlserver: Payload,
    /// A batch as a JSON array of people.
    pub(super) people: Payload,
    /// A batch as an Open Inference request in JSON.
    pub(super) tensor: Payload,
    /// A batch as an Open Inference request with binary data.
    pub(super) binary: Payload,
    /// As `binary`, with explanations requested.
    pub(super) explained: Payload,
}

impl Payloads {
    /// Writes the payloads to `target/bench`.
    pub(super) fn write() -> Result<Self> {
        let folder = bench::folder().join("predict-payloads");
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let rows: Vec<Row> = rows()?.into_iter().cycle().take(ROWS).collect();
        let people: Vec<Value> = rows.iter().map(person).collect();
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let batch =
            json!({"name": "features", "shape": [ROWS, 8], "datatype": "FP64", "data": flat});
        let one = json!({"name": "predict", "shape": [1, 8], "datatype": "FP64", "data": rows[0]});
        Ok(Self {
            person: write_json(&folder, "person", &people[0])?,
            mlserver: write_json(&folder, "mlserver", &json!({"inputs": [one]}))?,
            people: write_json(&folder, "people", &Value::Array(people.clone()))?,
            tensor: write_json(&folder, "tensor", &json!({"inputs": [batch]}))?,
            binary: write_binary(&folder, "binary", &flat, false)?,
            explained: write_binary(&folder, "explained", &flat, true)?,
        })
    }
}

fn write_json(folder: &Path, name: &str, value: &Value) -> Result<Payload> {
    let file = write(folder, name, value.to_string().as_bytes())?;
    Ok(Payload { file, content_type: "application/json", json_length: None })
}

fn write_binary(folder: &Path, name: &str, values: &[f64], explain: bool) -> Result<Payload> {
    let input = json!({"name": "features", "shape": [ROWS, 8], "datatype": "FP64",
        "parameters": {"binary_data_size": values.len() * 8}});
    let head = json!({"inputs": [input],
        "parameters": {"binary_data_output": true, "explain": explain}});
    // The JSON head, then the values in little-endian order.
    let mut bytes = head.to_string().into_bytes();
    let json_length = Some(bytes.len());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let file = write(folder, name, &bytes)?;
    Ok(Payload { file, content_type: "application/octet-stream", json_length })
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf> {
    let file = folder.join(name);
    fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))?;
    Ok(file)
}

/// The features of every row of the data set.
fn rows() -> Result<Vec<Row>> {
    let file = paths::root().join("data/pima.csv");
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    // After the header, the last column is the outcome.
    let lines = text.lines().skip(1).filter(|line| !line.is_empty());
    let rows: Option<Vec<_>> = lines.map(row).collect();
    rows.filter(|rows| !rows.is_empty())
        .with_context(|| format!("{} has a line without eight numbers", file.display()))
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<f64> = line.split(',').filter_map(|cell| cell.trim().parse().ok()).collect();
    cells.get(..8)?.try_into().ok()
}

fn person(row: &Row) -> Value {
    let fields = FEATURES.iter().zip(row).map(|(name, value)| ((*name).to_owned(), number(*value)));
    Value::Object(fields.collect::<Map<_, _>>())
}

/// A JSON number; whole numbers have no decimal point, as in a form's request.
fn number(value: f64) -> Value {
    if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
}
