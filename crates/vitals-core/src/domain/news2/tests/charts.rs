//! Worked examples, and both sides of every edge of the charts.

use super::*;

#[test]
fn worked_examples() {
    use Band::{High, Low, LowMedium, Medium};
    use Consciousness::{A, C, U, V};
    let air = false;
    let o2 = true;
    #[rustfmt::skip]
    let examples = [
        ((16.0,  98.0, air, 120.0,  80.0, A, 37.0, 1),  0, Low),
        ((18.0,  90.0, o2,  100.0, 100.0, V, 36.5, 1), 11, High),
        (( 7.0,  80.0, o2,   85.0, 140.0, U, 34.5, 1), 20, High),
        ((16.0, 100.0, o2,  120.0,  80.0, A, 37.0, 2),  5, Medium),
        ((18.0,  90.0, air, 130.0,  80.0, A, 36.5, 2),  0, Low),
        ((24.0,  93.0, air,  95.0, 105.0, A, 38.8, 1),  8, High),
        ((20.0,  95.0, o2,  110.0,  88.0, A, 37.8, 1),  4, Low),
        ((26.0,  86.0, o2,  140.0,  95.0, A, 37.2, 2),  7, High),
        ((18.0,  98.0, air,  85.0,  75.0, A, 36.5, 1),  3, LowMedium),
        ((16.0,  97.0, air, 125.0,  72.0, C, 36.9, 1),  3, LowMedium),
    ];
    for (inputs, total, band) in examples {
        let (rr, spo2, oxygen, systolic, pulse, level, temperature, scale) = inputs;
        let seen = Observations {
            respiratory_rate: Some(rr),
            spo2: Some(spo2),
            supplemental_oxygen: Some(oxygen),
            systolic: Some(systolic),
            pulse: Some(pulse),
            consciousness: Some(level),
            temperature: Some(temperature),
        };
        let scale = if scale == 1 { Spo2Scale::One } else { Spo2Scale::Two };
        let score = score(&seen, scale);
        assert_eq!((score.total(), score.band()), (Some(total), Some(band)), "{inputs:?}");
        assert_eq!(score.partial(), total, "{inputs:?}");
    }
}

/// Checks both sides of every edge of the chart.
#[test]
fn every_edge_of_the_chart() {
    #[rustfmt::skip]
    let respiratory = [
        (0.0, 3), (8.0, 3), (9.0, 1), (11.0, 1), (12.0, 0), (20.0, 0), (21.0, 2), (24.0, 2),
        (25.0, 3), (60.0, 3), (8.4, 3), (8.5, 1), (11.5, 0), (20.4, 0), (20.5, 2), (24.5, 3),
    ];
    for (value, expected) in respiratory {
        let seen = Observations { respiratory_rate: Some(value), ..NORMAL };
        let found = part(seen, Spo2Scale::One, Part::RespiratoryRate);
        assert_eq!(found, Some(expected), "respiratory rate {value}");
    }
    #[rustfmt::skip]
    let systolic = [
        (50.0, 3), (90.0, 3), (91.0, 2), (100.0, 2), (101.0, 1), (110.0, 1), (111.0, 0),
        (219.0, 0), (220.0, 3), (300.0, 3), (90.4, 3), (90.6, 2), (219.4, 0), (219.5, 3),
    ];
    for (value, expected) in systolic {
        let seen = Observations { systolic: Some(value), ..NORMAL };
        assert_eq!(part(seen, Spo2Scale::One, Part::Systolic), Some(expected), "systolic {value}");
    }
    #[rustfmt::skip]
    let pulse = [
        (20.0, 3), (40.0, 3), (41.0, 1), (50.0, 1), (51.0, 0), (90.0, 0), (91.0, 1), (110.0, 1),
        (111.0, 2), (130.0, 2), (131.0, 3), (200.0, 3), (40.5, 1), (50.4, 1), (130.49, 2),
    ];
    for (value, expected) in pulse {
        let seen = Observations { pulse: Some(value), ..NORMAL };
        assert_eq!(part(seen, Spo2Scale::One, Part::Pulse), Some(expected), "pulse {value}");
    }
    #[rustfmt::skip]
    let temperature = [
        (34.0, 3), (35.0, 3), (35.1, 1), (36.0, 1), (36.1, 0), (38.0, 0), (38.1, 1), (39.0, 1),
        (39.1, 2), (41.0, 2), (35.04, 3), (36.04, 1), (36.799_999, 0), (38.04, 0), (38.06, 1),
        (38.5, 1), (39.04, 1), (39.06, 2), (38.05, 1), (35.05, 1), (39.05, 2),
    ];
    for (value, expected) in temperature {
        let seen = Observations { temperature: Some(value), ..NORMAL };
        let found = part(seen, Spo2Scale::One, Part::Temperature);
        assert_eq!(found, Some(expected), "temperature {value}");
    }
    for level in LEVELS {
        let seen = Observations { consciousness: Some(level), ..NORMAL };
        let expected = if level == Consciousness::A { 0 } else { 3 };
        assert_eq!(part(seen, Spo2Scale::One, Part::Consciousness), Some(expected), "{level:?}");
    }
}

#[test]
fn every_edge_of_both_spo2_scales() {
    // Saturation, then the score on scale 1, on scale 2 on air, and on scale 2 on oxygen.
    #[rustfmt::skip]
    let cases = [
        (70.0, 3, 3, 3), (83.0, 3, 3, 3), (84.0, 3, 2, 2), (85.0, 3, 2, 2), (86.0, 3, 1, 1),
        (87.0, 3, 1, 1), (88.0, 3, 0, 0), (91.0, 3, 0, 0), (92.0, 2, 0, 0), (93.0, 2, 0, 1),
        (94.0, 1, 0, 1), (95.0, 1, 0, 2), (96.0, 0, 0, 2), (97.0, 0, 0, 3), (100.0, 0, 0, 3),
        (91.5, 2, 0, 0), (95.4, 1, 0, 2), (95.5, 0, 0, 2),
    ];
    for (value, one, two_air, two_oxygen) in cases {
        let on = |oxygen| Observations {
            spo2: Some(value),
            supplemental_oxygen: Some(oxygen),
            ..NORMAL
        };
        assert_eq!(part(on(false), Spo2Scale::One, Part::Spo2), Some(one), "{value}");
        assert_eq!(part(on(true), Spo2Scale::One, Part::Spo2), Some(one), "{value}");
        assert_eq!(part(on(false), Spo2Scale::Two, Part::Spo2), Some(two_air), "{value}");
        assert_eq!(part(on(true), Spo2Scale::Two, Part::Spo2), Some(two_oxygen), "{value}");
    }
}

#[test]
fn above_the_target_of_scale_2_the_score_requires_the_oxygen() {
    let unknown = |spo2| Observations { spo2: Some(spo2), supplemental_oxygen: None, ..NORMAL };
    assert_eq!(part(unknown(92.0), Spo2Scale::Two, Part::Spo2), Some(0));
    assert_eq!(part(unknown(93.0), Spo2Scale::Two, Part::Spo2), None);
    assert_eq!(part(unknown(93.0), Spo2Scale::One, Part::Spo2), Some(2));
}
