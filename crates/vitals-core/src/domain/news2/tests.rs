use proptest::{option, prelude::*, sample::select};

use super::*;
use crate::domain::reading::Consciousness;

const LEVELS: [Consciousness; 5] =
    [Consciousness::A, Consciousness::C, Consciousness::V, Consciousness::P, Consciousness::U];

/// Observations that score 0.
const NORMAL: Observations = Observations {
    respiratory_rate: Some(16.0),
    spo2: Some(98.0),
    supplemental_oxygen: Some(false),
    systolic: Some(120.0),
    pulse: Some(80.0),
    consciousness: Some(Consciousness::A),
    temperature: Some(37.0),
};

fn part(observations: Observations, scale: Spo2Scale, part: Part) -> Option<u8> {
    score(&observations, scale).part(part)
}

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

fn observations() -> impl Strategy<Value = Observations> {
    let values = (
        option::of(0.0..80.0),
        option::of(40.0..100.0),
        option::of(any::<bool>()),
        option::of(30.0..300.0),
        option::of(10.0..250.0),
        option::of(select(&LEVELS[..])),
        option::of(25.0..45.0),
    );
    values.prop_map(|(rr, spo2, oxygen, systolic, pulse, level, temperature)| Observations {
        respiratory_rate: rr,
        spo2,
        supplemental_oxygen: oxygen,
        systolic,
        pulse,
        consciousness: level,
        temperature,
    })
}

fn scales() -> impl Strategy<Value = Spo2Scale> {
    select(&[Spo2Scale::One, Spo2Scale::Two][..])
}

/// Checks that a value further from `normal`, towards `far`, never scores less.
fn check_monotone(
    which: Part,
    set: impl Fn(&mut Observations, f64),
    (normal, far): (f64, f64),
    (near, further): (f64, f64),
) {
    let at = |share: f64| {
        let mut seen = NORMAL;
        set(&mut seen, normal + (far - normal) * share);
        score(&seen, Spo2Scale::One).part(which)
    };
    assert!(at(near) <= at(further), "{which:?} from {normal} to {far}: {near}, {further}");
}

proptest! {
    #[test]
    fn totals_are_bounded(
        seen in observations(),
        scale in scales(),
    ) {
        let score = score(&seen, scale);
        prop_assert!(score.partial() <= MAX_TOTAL);
        prop_assert!(PARTS.iter().all(|part| score.part(*part).is_none_or(|part| part <= 3)));
        match score.total() {
            Some(total) => prop_assert_eq!(total, score.partial()),
            None => prop_assert!(score.band().is_none()),
        }
    }

    #[test]
    fn a_known_input_never_lowers_the_sum(seen in observations(), scale in scales()) {
        let filled = Observations {
            respiratory_rate: seen.respiratory_rate.or(NORMAL.respiratory_rate),
            spo2: seen.spo2.or(NORMAL.spo2),
            supplemental_oxygen: seen.supplemental_oxygen.or(NORMAL.supplemental_oxygen),
            systolic: seen.systolic.or(NORMAL.systolic),
            pulse: seen.pulse.or(NORMAL.pulse),
            consciousness: seen.consciousness.or(NORMAL.consciousness),
            temperature: seen.temperature.or(NORMAL.temperature),
        };
        let known = score(&seen, scale);
        let filled = score(&filled, scale);
        prop_assert!(Some(known.partial()) <= filled.total());
        prop_assert!(Some(known.lower_band()) <= filled.band());
    }

    #[test]
    fn values_further_from_normal_never_score_less(a in 0.0..=1.0, b in 0.0..=1.0) {
        let shares = if a <= b { (a, b) } else { (b, a) };
        for ends in [(16.0, 0.0), (16.0, 80.0)] {
            let set = |seen: &mut Observations, value| seen.respiratory_rate = Some(value);
            check_monotone(Part::RespiratoryRate, set, ends, shares);
        }
        check_monotone(Part::Spo2, |seen, value| seen.spo2 = Some(value), (98.0, 0.0), shares);
        for ends in [(150.0, 0.0), (150.0, 375.0)] {
            check_monotone(Part::Systolic, |seen, value| seen.systolic = Some(value), ends, shares);
        }
        for ends in [(70.0, 0.0), (70.0, 390.0)] {
            check_monotone(Part::Pulse, |seen, value| seen.pulse = Some(value), ends, shares);
        }
        for ends in [(37.0, 15.0), (37.0, 47.0)] {
            let set = |seen: &mut Observations, value| seen.temperature = Some(value);
            check_monotone(Part::Temperature, set, ends, shares);
        }
    }

    #[test]
    fn on_scale_2_values_further_from_the_target_never_score_less(
        a in 0.0..=1.0,
        b in 0.0..=1.0,
        oxygen in any::<bool>(),
    ) {
        let (near, further) = if a <= b { (a, b) } else { (b, a) };
        for far in [0.0, 100.0] {
            let at = |share: f64| {
                let spo2 = Some(90.0 + (far - 90.0) * share);
                let seen = Observations { spo2, supplemental_oxygen: Some(oxygen), ..NORMAL };
                part(seen, Spo2Scale::Two, Part::Spo2)
            };
            prop_assert!(at(near) <= at(further), "towards {}", far);
        }
    }
}
