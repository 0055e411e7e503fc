//! A mean that follows the last messages.

/// The weight of a new value is the inverse of this.
const WEIGHT: usize = 16;

/// An exponential moving mean of sizes in bytes. Sixteen messages make up two thirds of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RecentMean {
    /// The mean times [`WEIGHT`], so that integers are exact enough.
    weighted: usize,
}

impl RecentMean {
    /// A mean that starts with `bytes`.
    pub(super) const fn new(bytes: usize) -> Self {
        Self { weighted: bytes * WEIGHT }
    }

    pub(super) const fn add(&mut self, bytes: usize) {
        self.weighted = self.weighted - self.weighted / WEIGHT + bytes;
    }

    pub(super) const fn get(self) -> usize {
        self.weighted / WEIGHT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_messages_change_the_mean() {
        let mut mean = RecentMean::new(0);
        for _ in 0..1_000_000 {
            mean.add(218);
        }
        assert_eq!(mean.get(), 218);
        for _ in 0..16 {
            mean.add(900_000);
        }
        assert!(mean.get() > 550_000, "{mean:?}");
        for _ in 0..200 {
            mean.add(218);
        }
        assert!(mean.get() < 500, "{mean:?}");
    }
}
