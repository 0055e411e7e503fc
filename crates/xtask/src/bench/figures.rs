//! The figures of one run: printed, and kept as a flat JSON object.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use super::folder;

/// Named numbers, each name with its unit: `ours_peak_rss_mib`.
#[derive(Clone, Debug)]
pub struct Figures {
    name: &'static str,
    values: Map<String, Value>,
}

impl Figures {
    /// For the bench `name`; the machine's size is the first of them.
    #[must_use]
    pub fn new(name: &'static str) -> Self {
        let mut figures = Self { name, values: Map::new() };
        #[expect(clippy::cast_precision_loss, reason = "a count of processors")]
        figures.set("machine_cores", cores() as f64);
        figures.set("machine_memory_gib", memory_gib());
        figures
    }

    /// Keeps `value` as it is; a value that is not finite is left out.
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

    /// Keeps `over / under` when both are known.
    pub fn ratio(&mut self, name: &str, over: &str, under: &str) {
        if let (Some(over), Some(under)) = (self.get(over), self.get(under)) {
            self.set(name, over / under);
        }
    }

    /// Writes them to `target/bench/NAME.json` and returns the file's path.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn save(&self) -> Result<PathBuf> {
        self.save_in(&folder())
    }

    fn save_in(&self, folder: &Path) -> Result<PathBuf> {
        fs::create_dir_all(folder).with_context(|| format!("creating {}", folder.display()))?;
        let file = folder.join(format!("{}.json", self.name));
        let text = serde_json::to_string_pretty(&self.values)? + "\n";
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))?;
        Ok(file)
    }
}

/// Processors that this process may use.
#[must_use]
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// The machine's memory, GiB; 0 when the system doesn't say.
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
    fn they_are_one_flat_object_of_numbers() {
        let dir = tempfile::tempdir().unwrap();
        let mut figures = Figures::new("x");
        figures.set("ours_msgs_per_s", 10.0);
        figures.set("drain_msgs_per_s", 20.0);
        figures.set("broken", f64::NAN);
        figures.ratio("ours_over_drain", "ours_msgs_per_s", "drain_msgs_per_s");
        figures.ratio("ours_over_spark", "ours_msgs_per_s", "spark_msgs_per_s");
        let text = fs::read_to_string(figures.save_in(dir.path()).unwrap()).unwrap();
        let read: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(read["ours_over_drain"], 0.5);
        assert!(read.values().all(Value::is_number), "{read:?}");
        assert!(read.contains_key("machine_cores") && read["machine_memory_gib"] != 0.0);
        assert!(!read.contains_key("broken") && !read.contains_key("ours_over_spark"));
    }
}
