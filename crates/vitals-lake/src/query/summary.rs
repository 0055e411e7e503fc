//! Number, minimum, mean and maximum of values.

/// A summary of the values that were added.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Summary {
    count: u64,
    sum: f64,
    /// Minimum and maximum; 0 without a value.
    min: f64,
    max: f64,
}

impl Summary {
    pub(super) fn add(&mut self, value: f64) {
        let is_first = self.count == 0;
        self.min = if is_first { value } else { self.min.min(value) };
        self.max = if is_first { value } else { self.max.max(value) };
        self.sum += value;
        self.count += 1;
    }

    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// The lowest value; `None` without any.
    pub(super) fn min(&self) -> Option<f64> {
        (self.count > 0).then_some(self.min)
    }

    /// The mean; `None` without a value.
    #[expect(clippy::cast_precision_loss, reason = "a count of readings")]
    pub(super) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// The highest value; `None` without any.
    pub(super) fn max(&self) -> Option<f64> {
        (self.count > 0).then_some(self.max)
    }
}
