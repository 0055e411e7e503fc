//! What is sent, as files for `wrk`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

/// Rows of a large request.
pub(super) const ROWS: usize = 1000;

const NAMES: [&str; 8] = [
    "pregnancies",
    "glucose",
    "blood_pressure",
    "skin_thickness",
    "insulin",
    "bmi",
    "diabetes_pedigree_function",
    "age",
];

/// A file with what it is.
#[derive(Clone, Debug)]
pub(super) struct Payload {
    pub(super) file: PathBuf,
    pub(super) kind: &'static str,
    pub(super) json_length: Option<usize>,
}

/// All of them.
pub(super) struct Payloads {
    pub(super) person: Payload,
    pub(super) mlserver: Payload,
    people: Payload,
    tensor: Payload,
    binary: Payload,
    explained: Payload,
}

impl Payloads {
    /// Made from the rows of the data set.
    pub(super) fn write() -> Result<Self> {
        let folder = crate::bench::folder().join("predict-payloads");
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        let rows: Vec<[f64; 8]> = rows()?.into_iter().cycle().take(ROWS).collect();
        let people: Vec<Value> = rows.iter().map(person).collect();
        let flat: Vec<f64> = rows.iter().flatten().copied().collect();
        let input =
            json!({"name": "features", "shape": [ROWS, 8], "datatype": "FP64", "data": flat});
        let one = json!({"name": "predict", "shape": [1, 8], "datatype": "FP64", "data": rows[0]});
        let json = |name: &str, value: &Value| save(&folder, name, value.to_string().into_bytes());
        Ok(Self {
            person: json("person", &people[0])?,
            mlserver: json("mlserver", &json!({"inputs": [one]}))?,
            people: json("people", &Value::Array(people.clone()))?,
            tensor: json("tensor", &json!({"inputs": [input]}))?,
            binary: binary(&folder, "binary", &flat, false)?,
            explained: binary(&folder, "explained", &flat, true)?,
        })
    }

    pub(super) fn batch(&self, name: &str) -> &Payload {
        match name {
            "people" => &self.people,
            "tensor" => &self.tensor,
            "explained" => &self.explained,
            _ => &self.binary,
        }
    }
}

fn save(folder: &Path, name: &str, bytes: Vec<u8>) -> Result<Payload> {
    let file = folder.join(name);
    fs::write(&file, bytes).with_context(|| format!("writing {}", file.display()))?;
    Ok(Payload { file, kind: "application/json", json_length: None })
}

fn binary(folder: &Path, name: &str, values: &[f64], explain: bool) -> Result<Payload> {
    let input = json!({"name": "features", "shape": [ROWS, 8], "datatype": "FP64",
        "parameters": {"binary_data_size": values.len() * 8}});
    let head = json!({"inputs": [input],
        "parameters": {"binary_data_output": true, "explain": explain}})
    .to_string();
    let mut bytes = head.clone().into_bytes();
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    let payload = save(folder, name, bytes)?;
    Ok(Payload { kind: "application/octet-stream", json_length: Some(head.len()), ..payload })
}

/// The features of the data set.
fn rows() -> Result<Vec<[f64; 8]>> {
    let file = crate::paths::root().join("data/pima.csv");
    let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    let row = |line: &str| -> Option<[f64; 8]> {
        let cells: Vec<f64> = line.split(',').filter_map(|cell| cell.trim().parse().ok()).collect();
        cells.get(..8)?.try_into().ok()
    };
    let rows: Option<Vec<_>> = text.lines().skip(1).filter(|l| !l.is_empty()).map(row).collect();
    rows.filter(|rows| !rows.is_empty())
        .with_context(|| format!("{} has a line without eight numbers", file.display()))
}

fn person(row: &[f64; 8]) -> Value {
    // Whole numbers without a point, as a form sends them.
    let number = |value: f64| {
        if value.fract() == 0.0 { json!(value as i64) } else { json!(value) }
    };
    let fields = NAMES.iter().zip(row).map(|(name, value)| ((*name).to_owned(), number(*value)));
    Value::Object(fields.collect::<Map<_, _>>())
}
