//! Rounding of fitted numbers.

/// Rounds to a number of decimals, without a negative zero.
///
/// Everything fitted is rounded before it is used or saved. Processors differ in the last bits of
/// a sum (fused multiply-add, vector width), and training must give the same bytes on all of them.
#[must_use]
pub fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    // Adding 0 turns a negative zero into a positive one.
    (value * scale).round() / scale + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_has_no_negative_zero() {
        assert_eq!(round(-1e-9, 6).to_bits(), 0.0f64.to_bits());
        assert!((round(-0.123_456_789, 6) + 0.123_457).abs() < 1e-15);
    }
}
