//! Totals and bands, of complete and of incomplete scores.

use super::*;

#[test]
fn without_a_part_there_is_no_total_and_no_band() {
    let without: [Observations; PART_COUNT] = [
        Observations { respiratory_rate: None, ..NORMAL },
        Observations { spo2: None, ..NORMAL },
        Observations { supplemental_oxygen: None, ..NORMAL },
        Observations { systolic: Some(f64::NAN), ..NORMAL },
        Observations { pulse: Some(f64::INFINITY), ..NORMAL },
        Observations { consciousness: None, ..NORMAL },
        Observations { temperature: None, ..NORMAL },
    ];
    for (seen, missing) in without.into_iter().zip(PARTS) {
        let score = score(&seen, Spo2Scale::One);
        assert_eq!((score.total(), score.band(), score.partial()), (None, None, 0), "{missing:?}");
        for part in PARTS {
            assert_eq!(score.part(part).is_none(), part == missing, "{part:?} of {missing:?}");
        }
    }
}

#[test]
fn the_band_depends_on_the_total_and_a_single_three() {
    // A total of 4 is low from 2+2, low-medium from 3+1; 5 and 6 are medium even with a three.
    let cases = [
        ([0, 0, 0, 0, 0, 0, 0], Band::Low),
        ([2, 0, 2, 0, 0, 0, 0], Band::Low),
        ([3, 0, 0, 0, 1, 0, 0], Band::LowMedium),
        ([1, 1, 0, 1, 1, 0, 1], Band::Medium),
        ([3, 3, 0, 0, 0, 0, 0], Band::Medium),
        ([3, 3, 0, 0, 1, 0, 0], Band::High),
        ([3, 3, 2, 3, 3, 3, 3], Band::High),
    ];
    for (parts, band) in cases {
        assert_eq!(Score(parts.map(Some)).band(), Some(band), "{parts:?}");
    }
}

#[test]
fn an_incomplete_score_reaches_the_band_of_its_lower_bound() {
    let cases = [
        ([None; PART_COUNT], Band::Low),
        ([Some(1), None, None, Some(1), None, None, None], Band::Low),
        ([Some(3), None, None, None, None, None, None], Band::LowMedium),
        ([Some(3), Some(2), None, None, None, None, None], Band::Medium),
        ([Some(3), Some(3), None, Some(3), Some(3), None, None], Band::High),
    ];
    for (parts, band) in cases {
        let score = Score(parts);
        assert_eq!((score.lower_band(), score.band()), (band, None), "{parts:?}");
    }
}
