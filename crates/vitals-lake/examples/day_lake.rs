//! Writes a day of readings, one per second and patient: `cargo xtask bench live`.
//!
//! The table is as the archive and its maintenance leave it: appended in the order of arrival, a file
//! for ten minutes, then merged by the default policy.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use arrow::array::{
    ArrayRef, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use parquet::arrow::ArrowWriter;
use vitals_core::{
    domain::log_id::LogId,
    runtime::{clock::now_ms, config::LakeSettings},
};
use vitals_lake::{
    append::{self, DataFile},
    encoding::{FileKind, writer_properties},
    lease::ClaimWatch,
    maintain::{Policy, maintain},
    position::TopicLog,
    schema::VITALS,
    table::Lake,
};

const DAY_S: i64 = 86_400;

/// The period of a file, seconds.
const FILE_S: i64 = 600;

/// Time between a reading and its arrival, us.
const TRANSIT_US: i64 = 40_000;

/// The default policy of the consumer, with more memory for sorting.
const POLICY: Policy = Policy {
    target_file_bytes: 64 << 20,
    min_files: 8,
    thorough: false,
    retention: Duration::from_secs(7 * 86_400),
    expiry: None,
    log_retention: Duration::from_secs(86_400),
    memory_bytes: 512 << 20,
    timeout: Duration::from_secs(600),
    renewal: Duration::from_secs(30),
    settle: Duration::ZERO,
};

/// Writes the readings of `PATIENTS` patients, `day-000` and so on, from `FROM_MS` for a day.
#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let url = args.next().context("usage: day_lake LAKE_URL PATIENTS FROM_MS")?;
    let patients: i64 = args.next().context("PATIENTS is missing")?.parse()?;
    let from_ms: i64 = args.next().context("FROM_MS is missing")?.parse()?;
    let settings = LakeSettings { url, timeout_ms: 600_000, ..LakeSettings::default() };
    let lake = Lake::new(&settings)?;

    // Append, as the archive does: each commit moves the position.
    let mut table = lake.open_or_create(&VITALS).await?;
    let log = TopicLog { id: LogId::new("bench", 1), topic: "vitals".to_owned() };
    for first_s in (0..DAY_S).step_by(usize::try_from(FILE_S)?) {
        let rows = Rows { patients, from_ms, first_s };
        let files = append::upload(&table, &[rows.encode()?]).await?;
        let moved = log.moved(0, (first_s + FILE_S) * patients, None);
        append::commit(&mut table, "day", files, moved.into()).await?;
    }

    // Merge, as the archive's maintenance does.
    let mut watch = ClaimWatch::default();
    // Boxed: the future is too large for the stack.
    let run = maintain(&lake, VITALS.name, &POLICY, &mut watch, now_ms(), Duration::ZERO);
    Box::pin(run).await?.context("the table is maintained by another process")?;
    Ok(())
}

/// The readings of a file.
struct Rows {
    patients: i64,
    from_ms: i64,
    /// The first second, counted from the start of the day.
    first_s: i64,
}

impl Rows {
    fn encode(&self) -> anyhow::Result<DataFile> {
        let schema = VITALS.file_schema();
        let rows = self.rows().count();
        let columns: Vec<ArrayRef> = schema
            .fields()
            .iter()
            .map(|field| {
                let column = self.column(field.name());
                column.unwrap_or_else(|| new_null_array(field.data_type(), rows))
            })
            .collect();
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
        let properties = writer_properties(FileKind::Appended)?;
        let mut writer = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
        writer.write(&batch)?;
        let metadata = writer.finish()?;
        let bytes = std::mem::take(writer.inner_mut()).into();
        Ok(DataFile::new(&VITALS, false, bytes, &metadata))
    }

    /// Second and patient of every reading, in the order of arrival.
    fn rows(&self) -> impl Iterator<Item = (i64, i64)> {
        // Arrow's builders need an iterator whose length is known.
        let readings = 0..FILE_S * self.patients;
        readings.map(|number| (self.first_s + number / self.patients, number % self.patients))
    }

    /// A column with values; `None` for one that is null in every row.
    fn column(&self, name: &str) -> Option<ArrayRef> {
        let text = |value: &dyn Fn(i64, i64) -> String| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(self.rows().map(|(s, p)| value(s, p))))
        };
        let number = |middle: f64, spread: f64, decimals: f64| -> ArrayRef {
            let values = self.rows().map(|(second, patient)| {
                let value = middle + spread * wave(second, patient);
                (value * decimals).round() / decimals
            });
            Arc::new(Float64Array::from_iter_values(values))
        };
        Some(match name {
            "patient_id" => text(&|_, patient| format!("day-{patient:03}")),
            "device_id" => text(&|_, patient| format!("mon-{patient:03}")),
            "ward" => text(&|_, patient| format!("W{}", patient / 25 + 1)),
            "bed" => text(&|_, patient| (patient % 25 + 1).to_string()),
            "kafka_cluster" => text(&|_, _| "bench".to_owned()),
            "kafka_time_type" => text(&|_, _| "log_append".to_owned()),
            "heart_rate" => number(78.0, 14.0, 1.0),
            "spo2" => number(96.5, 2.0, 1.0),
            "respiratory_rate" => number(16.0, 3.0, 1.0),
            "systolic" => number(124.0, 15.0, 1.0),
            "diastolic" => number(76.0, 9.0, 1.0),
            "temperature" => number(36.8, 0.4, 10.0),
            "time" => self.times(0),
            "kafka_time" => self.times(TRANSIT_US),
            "sequence" => {
                Arc::new(Int64Array::from_iter_values(self.rows().map(|(second, _)| second)))
            }
            "kafka_partition" => Arc::new(Int32Array::from_iter_values(self.rows().map(|_| 0))),
            "kafka_offset" => Arc::new(Int64Array::from_iter_values(
                self.rows().map(|(second, patient)| second * self.patients + patient),
            )),
            _ => return None,
        })
    }

    /// Times of the readings, spread over each second by patient, `later_us` later.
    fn times(&self, later_us: i64) -> ArrayRef {
        let times = self.rows().map(|(second, patient)| {
            (self.from_ms + second * 1_000) * 1_000 + patient * 1_000_000 / self.patients + later_us
        });
        Arc::new(TimestampMicrosecondArray::from_iter_values(times).with_timezone("UTC"))
    }
}

/// A value from -1 to 1: a slow rhythm of the patient, and variation from second to second.
#[expect(clippy::cast_precision_loss, reason = "seconds of a day")]
fn wave(second: i64, patient: i64) -> f64 {
    let slow = (second as f64 / (1_800.0 + 90.0 * patient as f64)).sin();
    let jitter = ((second * 7_919 + patient * 104_729) % 1_009) as f64 / 1_009.0 - 0.5;
    0.8 * slow + 0.4 * jitter
}
