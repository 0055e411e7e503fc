//! Rounding of the figures in a card.

use crate::stats::round;

/// Rounds a figure to the four decimals of a card.
pub(super) fn rounded(value: f64) -> f64 {
    round(value, 4)
}
