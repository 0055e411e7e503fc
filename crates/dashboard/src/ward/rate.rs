//! Rate of arriving readings.

/// Length of the averaging window, s.
const WINDOW_S: i64 = 5;

/// Counts per second in a ring: the current second and the full ones of the window.
#[derive(Debug, Default)]
pub(super) struct Rate([Slot; WINDOW_S as usize + 1]);

#[derive(Debug, Default, Clone, Copy)]
struct Slot {
    second: i64,
    count: u32,
}

impl Rate {
    /// Counts a reading that arrived at `now_ms`.
    pub(super) fn count(&mut self, now_ms: i64) {
        let second = now_ms.div_euclid(1000);
        let index = usize::try_from(second.rem_euclid(WINDOW_S + 1)).unwrap_or_default();
        let slot = &mut self.0[index];
        if slot.second != second {
            // The slot is left over from an earlier lap of the ring.
            *slot = Slot { second, count: 0 };
        }
        slot.count += 1;
    }

    /// The mean over the full seconds before `now_ms`.
    pub(super) fn per_second(&self, now_ms: i64) -> f64 {
        let now = now_ms.div_euclid(1000);
        // Without the present second, which is not complete.
        let full = self.0.iter().filter(|slot| (now - WINDOW_S..now).contains(&slot.second));
        #[expect(clippy::cast_precision_loss, reason = "five")]
        let seconds = WINDOW_S as f64;
        full.map(|slot| f64::from(slot.count)).sum::<f64>() / seconds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_seconds_are_averaged_and_old_ones_expire() {
        let mut rate = Rate::default();
        for ms in (10_000..15_000).step_by(100) {
            rate.count(ms);
        }
        assert_eq!(rate.per_second(15_000), 10.0);
        rate.count(15_500);
        assert_eq!(rate.per_second(15_999), 10.0);
        assert_eq!(rate.per_second(17_000), 6.2);
        assert_eq!(rate.per_second(60_000), 0.0);
    }
}
