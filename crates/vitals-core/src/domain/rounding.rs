//! The one rounding: applied before a value is shown, scored or compared with a limit.

/// Rounds `value` to `decimals` places, half up on its decimal value: 35.05 is 35.1, although the
/// nearest `f64` is a little below it. A value that is not finite is returned unchanged.
#[must_use]
pub fn round_half_up(value: f64, decimals: i32) -> f64 {
    if !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powi(decimals);
    let below = (value * scale).floor();
    // The quotient of two exact numbers is the `f64` nearest to the decimal tie, which is also how
    // a sender's tie was parsed.
    let tie = (2.0 * below + 1.0) / (2.0 * scale);
    let nearest = if value >= tie { below + 1.0 } else { below };
    nearest / scale
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_of_the_decimal_value_round_up() {
        let cases = [
            (35.05, 1, 35.1),
            (35.04, 1, 35.0),
            (36.05, 1, 36.1),
            (38.05, 1, 38.1),
            (39.05, 1, 39.1),
            (36.799_999, 1, 36.8),
            (36.8, 1, 36.8),
            (24.4, 0, 24.0),
            (24.5, 0, 25.0),
            (89.6, 0, 90.0),
            (100.4, 0, 100.0),
            (100.5, 0, 101.0),
            (0.49, 0, 0.0),
            (-0.2, 0, 0.0),
        ];
        for (value, decimals, rounded) in cases {
            assert_eq!(round_half_up(value, decimals), rounded, "{value}");
        }
        assert!(round_half_up(f64::NAN, 1).is_nan());
        assert_eq!(round_half_up(f64::INFINITY, 1), f64::INFINITY);
    }

    proptest! {
        /// The reference: the decimal digits of hundredths, rounded as integers.
        #[test]
        fn hundredths_round_like_integers(hundredths in 0..50_000_u32) {
            let value: f64 = format!("{}.{:02}", hundredths / 100, hundredths % 100).parse().unwrap();
            let tenths = (hundredths + 5) / 10;
            prop_assert_eq!(round_half_up(value, 1), f64::from(tenths) / 10.0);
            prop_assert_eq!(round_half_up(value, 0), f64::from((hundredths + 50) / 100));
        }

        #[test]
        fn rounding_twice_changes_nothing(value in -1e6..1e6_f64, decimals in 0..3) {
            let once = round_half_up(value, decimals);
            prop_assert_eq!(round_half_up(once, decimals), once);
        }
    }
}
