//! The lower bound of an incomplete score, and the rank that neither time nor omission lowers.

use super::*;

/// The values of a monitor without a nurse's round: at least 12.
const CRITICAL: [(Vital, f64); 4] = [
    (Vital::HeartRate, 140.0),
    (Vital::Spo2, 85.0),
    (Vital::RespiratoryRate, 30.0),
    (Vital::Systolic, 85.0),
];

fn rank(ward: &Ward, now_ms: i64) -> (BandName, Option<i64>) {
    let rank = only(ward, now_ms).news2.rank.unwrap();
    (rank.band, rank.as_of_ms)
}

#[test]
fn a_certain_high_is_high_although_parts_are_missing() {
    let mut ward = ward();
    ward.apply(&reading("p", 1_000, &CRITICAL), 1_000, 1_000);
    let news2 = only(&ward, 1_000).news2;
    assert_eq!((news2.total, news2.partial, news2.band), (None, 12, Some(BandName::High)));
    assert_eq!(rank(&ward, 1_000), (BandName::High, None));
}

#[test]
fn expired_parts_keep_their_band_as_rank_marked_with_their_time() {
    let mut ward = ward();
    ward.apply(&reading("p", 1_000, &CRITICAL), 1_000, 1_000);
    let expired_ms = 1_000 + CONTINUOUS_MS + 1;
    let news2 = only(&ward, expired_ms).news2;
    assert_eq!((news2.partial, news2.band), (3, Some(BandName::LowMedium)));
    assert_eq!(rank(&ward, expired_ms), (BandName::High, Some(1_000)));
    assert_eq!(rank(&ward, OBSERVED_MS * 2), (BandName::High, Some(1_000)));
}

#[test]
fn a_later_measurement_replaces_the_rank() {
    let mut ward = ward();
    ward.apply(&reading("p", 1_000, &CRITICAL), 1_000, 1_000);
    let later_ms = OBSERVED_MS * 2;
    ward.apply(&complete(later_ms), later_ms, later_ms);
    assert_eq!(rank(&ward, later_ms), (BandName::Low, None));
}

#[test]
fn a_pulse_that_continues_without_the_ecg_keeps_its_rank() {
    let mut ward = ward();
    let both = [(Vital::HeartRate, 140.0), (Vital::Pulse, 80.0)];
    ward.apply(&reading("p", 1_000, &both), 1_000, 1_000);
    assert_eq!(rank(&ward, 1_000), (BandName::LowMedium, None));
    for time_ms in [20_000, CONTINUOUS_MS * 2] {
        ward.apply(&reading("p", time_ms, &[(Vital::Pulse, 80.0)]), time_ms, time_ms);
        assert_eq!(only(&ward, time_ms).news2.partial, 0, "the pulse is scored");
        assert_eq!(rank(&ward, time_ms), (BandName::LowMedium, Some(1_000)));
    }
    let later_ms = CONTINUOUS_MS * 3;
    ward.apply(&reading("p", later_ms, &[(Vital::HeartRate, 80.0)]), later_ms, later_ms);
    assert_eq!(rank(&ward, later_ms), (BandName::Low, None));
}

#[test]
fn every_part_has_the_time_of_its_input() {
    let mut ward = ward();
    ward.apply(&complete(1_000), 1_000, 1_000);
    ward.apply(&reading("p", 61_000, &[(Vital::HeartRate, 80.0)]), 61_000, 61_000);
    for part in only(&ward, OBSERVED_MS * 2).news2.parts {
        let expected = if part.name == PartName::Pulse { 61_000 } else { 1_000 };
        assert_eq!((part.score, part.time_ms), (None, Some(expected)), "{:?}", part.name);
    }
}
