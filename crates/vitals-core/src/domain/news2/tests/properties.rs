//! Properties of any observations.

use proptest::{option, prelude::*, sample::select};

use super::*;

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
