//! Properties for any sequence of readings.

use proptest::{collection::vec, option, prelude::*};

use super::*;
use crate::domain::{bedside::known_score, news2::Band};

/// The vitals of the sequences, with the range of their values.
const RANGES: [(Vital, f64, f64); 5] = [
    (Vital::HeartRate, 30.0, 170.0),
    (Vital::Pulse, 30.0, 170.0),
    (Vital::Spo2, 80.0, 100.0),
    (Vital::RespiratoryRate, 4.0, 42.0),
    (Vital::Systolic, 70.0, 230.0),
];

/// Values of one reading; `None` is absent, a value below the range is a zero.
type Values = Vec<Option<f64>>;

/// Readings with the time since the one before, ms.
fn readings() -> impl Strategy<Value = Vec<(i64, Values)>> {
    let gap = prop_oneof![4 => 500..5_000_i64, 1 => 5_000..200_000_i64];
    vec((gap, vec(option::of(0.0..1.0_f64), RANGES.len())), 1..60)
}

fn values(shares: &Values) -> Vec<(Vital, f64)> {
    let named = RANGES.into_iter().zip(shares);
    named
        .filter_map(|((vital, low, high), share)| {
            let share = (*share)?;
            // One value in twenty is a zero: the sensor is off.
            let value = if share < 0.05 { 0.0 } else { low + share * (high - low) };
            Some((vital, value.round()))
        })
        .collect()
}

/// Applies the readings to a watch; `between` acts before each.
fn run(readings: &[(i64, Values)], mut between: impl FnMut(&mut Bed, i64, i64)) -> Bed {
    let mut bed = Bed::new();
    let mut now_ms = T;
    for (gap_ms, shares) in readings {
        between(&mut bed, now_ms, now_ms + gap_ms);
        now_ms += gap_ms;
        bed.send(now_ms, &values(shares));
    }
    bed.advance(now_ms + 10 * MINUTE);
    bed
}

fn silence(rule: Rule) -> WardAction {
    let act = Act::Silence { rule, until_ms: T + 3_600_000 };
    WardAction { patient_id: "p".into(), by: "nurse".into(), at_ms: T, act }
}

proptest! {
    /// Neither the interval of `advance` nor a restart at any reading changes an event.
    #[test]
    fn the_same_messages_give_the_same_events(
        readings in readings(),
        percents in vec(0..100_i64, 1..4),
        restart in 0..60_usize,
    ) {
        let plain = run(&readings, |_, _, _| {});
        let mut count = 0;
        let other = run(&readings, |bed, from_ms, to_ms| {
            for percent in &percents {
                bed.advance(from_ms + (to_ms - from_ms) * percent / 100);
            }
            if count == restart {
                let status = serde_json::to_string(&bed.watch.status()).unwrap();
                let status = serde_json::from_str(&status).unwrap();
                bed.watch = PatientWatch::restore(status, bed.watch.settings.clone());
            }
            count += 1;
        });
        prop_assert_eq!(&plain.events, &other.events);
        let mut ids: Vec<_> = plain.events.iter().map(|event| &event.id).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), plain.events.len(), "ids are unique");
    }

    /// A silence changes no event of another rule, and no occurrence of its own.
    #[test]
    fn a_silence_covers_its_rule_only(readings in readings(), index in 0..4_usize) {
        let rules = [
            Rule::News2,
            Rule::Limit(Vital::HeartRate, Side::High),
            Rule::Limit(Vital::Spo2, Side::Low),
            Rule::ProbeOff,
        ];
        let rule = rules[index];
        let plain = run(&readings, |_, _, _| {});
        let mut first = true;
        let silenced = run(&readings, |bed, _, _| {
            if std::mem::take(&mut first) {
                bed.watch.apply_action(&silence(rule), T, &mut bed.events);
            }
        });
        let others = |bed: &Bed| {
            let events = bed.events.iter().filter(|event| event.rule != rule).cloned();
            events.collect::<Vec<_>>()
        };
        prop_assert_eq!(others(&plain), others(&silenced));
        let own = |bed: &Bed| {
            let kinds = [AlertKind::Raised, AlertKind::Changed, AlertKind::Cleared];
            let events = bed.events.iter().filter(|event| event.rule == rule);
            let transitions = events.filter(|event| kinds.contains(&event.kind));
            transitions.map(|event| event.id.clone()).collect::<Vec<_>>()
        };
        prop_assert_eq!(own(&plain), own(&silenced));
    }

    /// Time alone, and a reading that omits values, lower neither the rank nor the displayed band
    /// below the rank.
    #[test]
    fn neither_time_nor_an_omission_lowers_the_band(
        readings in readings(),
        kept in vec(any::<bool>(), RANGES.len()),
        waits in vec(0..30_000_000_i64, 1..4),
    ) {
        let mut bed = run(&readings, |_, _, _| {});
        let band = |bed: &Bed| {
            let rank = known_score(bed.watch.bedside(), T).map(|score| score.lower_band());
            (rank.unwrap_or(Band::Low), bed.watch.shown_band().unwrap_or(Band::Low))
        };
        let last: Values = readings.last().unwrap().1.clone();
        let mut now_ms = bed.watch.status().at_ms;
        for wait_ms in waits {
            let (rank, shown) = band(&bed);
            now_ms += wait_ms;
            bed.advance(now_ms);
            let waited = band(&bed);
            prop_assert!(waited.0 >= rank && waited.1 >= shown.min(rank));
            // The last reading again, without some of its values.
            let partial: Values = last
                .iter()
                .zip(&kept)
                // A zero depends on the other channels.
                .map(|(share, kept)| share.filter(|share| *kept && *share >= 0.05))
                .collect();
            bed.send(now_ms, &values(&partial));
            let after = band(&bed);
            prop_assert!(after.0 >= waited.0 && after.1 >= waited.1.min(waited.0));
        }
    }
}
