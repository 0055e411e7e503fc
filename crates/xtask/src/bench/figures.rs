//! The figures of one run, saved as a flat JSON object.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::folder;

/// Named numbers; a name ends with its unit, as in `ours_peak_rss_mib`.
#[derive(Clone, Debug)]
pub struct Figures {
    bench: &'static str,
    values: Map<String, Value>,
}

impl Figures {
    /// Figures of the bench `bench`, starting with the size of the machine.
    #[must_use]
    pub fn new(bench: &'static str) -> Self {
        let mut figures = Self { bench, values: Map::new() };
        #[expect(clippy::cast_precision_loss, reason = "a number of processors")]
        figures.set("machine_cores", cores() as f64);
        figures.set("machine_memory_gib", memory_gib());
        figures
    }

    /// Sets a figure without rounding. A value that is not finite is omitted.
    pub fn set(&mut self, name: &str, value: f64) {
        if let Some(number) = serde_json::Number::from_f64(value) {
            self.values.insert(name.to_owned(), Value::Number(number));
        }
    }

    /// The value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.get(name)?.as_f64()
    }

    /// Sets `name` to `numerator / denominator` if both are known.
    pub fn ratio(&mut self, name: &str, numerator: &str, denominator: &str) {
        if let (Some(numerator), Some(denominator)) = (self.get(numerator), self.get(denominator)) {
            self.set(name, numerator / denominator);
        }
    }

    /// Writes the figures to `target/bench/NAME.json` and returns the path.
    ///
    /// # Errors
    /// Returns an error if the file can't be written.
    pub fn save(&self) -> Result<PathBuf> {
        self.save_in(&folder())
    }

    /// The figures that another process has written to `target/bench/NAME.json`.
    ///
    /// # Errors
    /// Returns an error if the file can't be read, or is no flat object.
    pub fn read(bench: &'static str) -> Result<Self> {
        let file = folder().join(format!("{bench}.json"));
        let text = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let values = serde_json::from_slice(&text)
            .with_context(|| format!("{} is no object", file.display()))?;
        Ok(Self { bench, values })
    }

    fn save_in(&self, folder: &Path) -> Result<PathBuf> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let file = folder.join(format!("{}.json", self.bench));
        let text = serde_json::to_string_pretty(&self.values)? + "\n";
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }
}

/// Number of processors available to this process.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The machine's memory, GiB; 0 if unknown.
#[must_use]
pub fn memory_gib() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let kib = text.lines().find_map(|line| {
        line.strip_prefix("MemTotal:")?.trim().split(' ').next()?.parse::<f64>().ok()
    });
    kib.unwrap_or(0.0) / 1_048_576.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_one_flat_object_of_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let mut figures = Figures::new("x");
        figures.set("ours_msgs_per_s", 10.0);
        figures.set("drain_msgs_per_s", 20.0);
        figures.set("invalid", f64::NAN);
        figures.ratio("ours_over_drain", "ours_msgs_per_s", "drain_msgs_per_s");
        figures.ratio("ours_over_spark", "ours_msgs_per_s", "spark_msgs_per_s");
        let file = figures.save_in(dir.path()).unwrap();
        assert_eq!(file, dir.path().join("x.json"));
        let read: Map<String, Value> =
            serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(read["ours_over_drain"], 0.5);
        assert!(read.values().all(Value::is_number), "{read:?}");
        assert!(read.contains_key("machine_cores") && read["machine_memory_gib"] != 0.0);
        assert!(!read.contains_key("invalid") && !read.contains_key("ours_over_spark"));
    }
}
