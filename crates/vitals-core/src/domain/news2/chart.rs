//! The chart: the score of each observation. Its bands are of whole numbers.

use crate::domain::rounding::round_half_up;

/// The nearest whole number, half up: the chart has no value between 20 and 21.
pub(super) fn whole_number(value: Option<f64>) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "finite, and a cast of floats saturates")]
    value.filter(|value| value.is_finite()).map(|value| round_half_up(value, 0) as i64)
}

/// A temperature in whole tenths, rounded as it is shown.
pub(super) fn tenths(value: Option<f64>) -> Option<i64> {
    whole_number(value.map(|value| round_half_up(value, 1) * 10.0))
}

pub(super) const fn respiratory_rate(per_minute: i64) -> u8 {
    match per_minute {
        ..=8 => 3,
        9..=11 => 1,
        12..=20 => 0,
        21..=24 => 2,
        25.. => 3,
    }
}

pub(super) const fn spo2_scale_1(percent: i64) -> u8 {
    match percent {
        ..=91 => 3,
        92..=93 => 2,
        94..=95 => 1,
        96.. => 0,
    }
}

/// Above the target range the score depends on supplemental oxygen: too much oxygen is the danger.
pub(super) const fn spo2_scale_2(percent: i64, oxygen: Option<bool>) -> Option<u8> {
    let on_oxygen = match percent {
        ..=83 => return Some(3),
        84..=85 => return Some(2),
        86..=87 => return Some(1),
        88..=92 => return Some(0),
        93..=94 => 1,
        95..=96 => 2,
        97.. => 3,
    };
    // Breathing air, a high saturation is harmless; under oxygen it is not. Without that
    // observation it has no score.
    match oxygen {
        None => None,
        Some(false) => Some(0),
        Some(true) => Some(on_oxygen),
    }
}

pub(super) const fn systolic(mmhg: i64) -> u8 {
    match mmhg {
        ..=90 => 3,
        91..=100 => 2,
        101..=110 => 1,
        111..=219 => 0,
        220.. => 3,
    }
}

pub(super) const fn pulse(per_minute: i64) -> u8 {
    match per_minute {
        ..=40 => 3,
        41..=50 => 1,
        51..=90 => 0,
        91..=110 => 1,
        111..=130 => 2,
        131.. => 3,
    }
}

pub(super) const fn temperature(tenths: i64) -> u8 {
    match tenths {
        ..=350 => 3,
        351..=360 => 1,
        361..=380 => 0,
        381..=390 => 1,
        391.. => 2,
    }
}
