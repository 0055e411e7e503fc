use proptest::{collection::vec, option, prelude::*, sample::SizeRange};
use vitals_core::domain::vital::{VITALS, Vital};

use super::*;
use crate::wire::{SHOWN, vital_name};

/// A ward that knows the patient's clock to be right.
fn ward_with_clock() -> Ward {
    let mut ward = ward();
    for time_ms in [-3_000, -2_000, -1_000] {
        ward.apply(&reading("p", time_ms, &[(Vital::MeanPressure, 90.0)]), time_ms, time_ms);
    }
    ward
}

/// Readings of one patient with distinct times, sorted by time.
fn readings(size: impl Into<SizeRange>) -> impl Strategy<Value = Vec<Decoded<'static>>> {
    let values = vec(option::of(1.0..200.0), VITALS.len());
    let rest = (option::of(any::<bool>()), option::of(0..3_usize), option::of(0..3_usize));
    vec((1..10_000_i64, values, rest), size).prop_map(|readings| {
        let mut time_ms = 0;
        let decoded = readings.into_iter().map(|(gap, values, (oxygen, ward, bed))| {
            time_ms += gap;
            let measured: Vec<_> = VITALS
                .into_iter()
                .zip(values)
                .filter_map(|(vital, value)| Some((vital, value?)))
                .collect();
            let mut decoded = reading("p", time_ms, &measured);
            decoded.reading.supplemental_oxygen = oxygen;
            decoded.reading.ward = ward.map(|ward| format!("W{ward}").into());
            decoded.reading.bed = bed.map(|bed| bed.to_string().into());
            decoded
        });
        decoded.collect()
    })
}

proptest! {
    /// A second reading repeats a part of the first or nothing of it, after any time.
    #[test]
    fn omitted_values_and_the_passing_of_time_never_lower_the_rank(
        readings in readings(1..30),
        kept in vec(any::<bool>(), VITALS.len()),
        waits in vec(0..30_000_000_i64, 1..4),
    ) {
        let mut ward = ward();
        for decoded in &readings {
            let time_ms = decoded.reading.time_ms;
            ward.apply(decoded, time_ms, time_ms);
        }
        let last = readings.last().unwrap();
        let mut now_ms = last.reading.time_ms;
        let mut rank = only(&ward, now_ms).news2.rank.unwrap().band;
        for wait_ms in waits {
            now_ms += wait_ms;
            let waited = only(&ward, now_ms).news2.rank.unwrap().band;
            prop_assert!(waited >= rank, "{:?} after {:?} by time alone", waited, rank);
            let mut partial = last.clone();
            partial.reading.time_ms = now_ms;
            partial.reading.supplemental_oxygen = None;
            for (vital, kept) in VITALS.into_iter().zip(&kept) {
                if !kept {
                    partial.reading.vitals.set(vital, None);
                }
            }
            ward.apply(&partial, now_ms, now_ms);
            let after = only(&ward, now_ms).news2.rank.unwrap().band;
            prop_assert!(after >= waited, "{:?} after {:?} by an omission", after, waited);
            rank = after;
        }
    }

    #[test]
    fn the_value_measured_last_counts_in_any_order_of_arrival(
        readings in readings(1..50).prop_shuffle(),
    ) {
        let mut ward = ward_with_clock();
        let now_ms = 3_000_000;
        readings.iter().for_each(|reading| ward.apply(reading, now_ms, now_ms));
        let state = only(&ward, now_ms);
        for vital in SHOWN {
            let newest = readings
                .iter()
                .filter(|decoded| decoded.reading.vitals.get(vital).is_some())
                .max_by_key(|decoded| decoded.reading.time_ms);
            let expected = newest.and_then(|decoded| decoded.reading.vitals.get(vital));
            let shown = state.vitals.get(&vital_name(vital).unwrap());
            prop_assert_eq!(
                shown.map(|shown| shown.value),
                expected.map(|value| vital.round(value))
            );
        }
    }

    #[test]
    fn trends_are_bounded_ordered_and_end_with_the_newest(readings in readings(1..300)) {
        let mut ward = ward_with_clock();
        for reading in readings.iter().rev() {
            ward.apply(reading, 3_000_000, 3_000_000);
        }
        let trend = &ward.trends(None)["p"];
        prop_assert!(trend.len() <= TREND_POINTS);
        prop_assert!(trend.windows(2).all(|pair| pair[0].time_ms < pair[1].time_ms));
        let shown = [
            Vital::HeartRate,
            Vital::Pulse,
            Vital::Spo2,
            Vital::Systolic,
            Vital::RespiratoryRate,
        ];
        let newest = readings.iter().rev().find(|decoded| {
            shown.iter().any(|vital| decoded.reading.vitals.get(*vital).is_some())
        });
        let newest = newest.map(|decoded| decoded.reading.time_ms);
        prop_assert_eq!(trend.last().map(|point| point.time_ms), newest);
    }
}
