//! Freshness by arrival, and the errors of bedside clocks.

use super::*;

const T: i64 = 1_763_812_800_000;
const MINUTE: i64 = 60_000;

/// Sends a heart rate every two seconds from a clock that is `ahead_ms` ahead. Returns the time of
/// the last reading.
fn send(ward: &mut Ward, (from_ms, count): (i64, i64), ahead_ms: i64, rate: f64) -> i64 {
    let mut now_ms = from_ms;
    for beat in 0..count {
        now_ms = from_ms + beat * 2_000;
        let values = [(Vital::HeartRate, rate), (Vital::Spo2, 97.0)];
        ward.apply(&reading("p", now_ms.saturating_add(ahead_ms), &values), now_ms, now_ms);
    }
    now_ms
}

fn heart_rate(ward: &Ward, now_ms: i64) -> (f64, i64) {
    let measured = only(ward, now_ms).vitals[&VitalName::HeartRate].clone();
    (measured.value, now_ms - measured.time_ms)
}

#[test]
fn a_value_dated_ahead_never_outranks_a_later_arrival() {
    for ahead_ms in [6_000, 4 * MINUTE, 10 * MINUTE, 4_300_000_000_000] {
        for readings_before in [1, 2, 3, 20] {
            let mut ward = ward();
            let last_ms = send(&mut ward, (T, readings_before), ahead_ms, 80.0);
            assert_eq!(heart_rate(&ward, last_ms), (80.0, 0), "{ahead_ms} ms ahead");
            // Corrected, the next reading is dated when the wrong clock sent the first.
            let corrected_ms = last_ms + 2;
            ward.apply(&reading("p", T, &[(Vital::HeartRate, 150.0)]), corrected_ms, corrected_ms);
            let seen = heart_rate(&ward, corrected_ms).0;
            if corrected_ms - T <= CLOCK_TOLERANCE_MS {
                assert_eq!(seen, 150.0, "{ahead_ms} ms ahead, {readings_before} readings before");
            }
            let next_ms = last_ms + 2_000;
            send(&mut ward, (next_ms, 1), 0, 151.0);
            assert_eq!(heart_rate(&ward, next_ms), (151.0, 0), "{ahead_ms} ms ahead");
        }
    }
}

#[test]
fn the_newest_value_counts_after_this_clock_was_set_back() {
    let hour_ms = 60 * MINUTE;
    // The clocks of the devices were ahead as well, or not.
    for ahead_ms in [0, -hour_ms] {
        let mut ward = ward();
        send(&mut ward, (T + hour_ms, 20), ahead_ms, 80.0);
        let last_ms = send(&mut ward, (T, 1), 0, 150.0);
        assert_eq!(heart_rate(&ward, last_ms), (150.0, 0), "{ahead_ms} ms ahead");
        let state = only(&ward, last_ms);
        assert_eq!(state.last_arrival_ms, T);
        assert_eq!(ward.last_arrival_ms(), Some(T));
        assert_eq!(state.vitals[&VitalName::Spo2].value, 97.0);
    }
}

#[test]
fn values_hours_behind_make_a_tile_and_a_slow_clock_is_corrected() {
    for ahead_ms in [-2 * 60 * MINUTE, -800_000_000_000] {
        let mut ward = ward();
        send(&mut ward, (T, 1), ahead_ms, 80.0);
        assert_eq!(only(&ward, T).last_arrival_ms, T);
        let last_ms = send(&mut ward, (T + 2_000, 4), ahead_ms, 82.0);
        assert_eq!(heart_rate(&ward, last_ms), (82.0, 0));
        let state = only(&ward, last_ms);
        assert_eq!(state.devices[0].clock_offset_ms, Some(-ahead_ms));
        let pulse = state.news2.parts.iter().find(|part| part.name == PartName::Pulse).unwrap();
        assert_eq!(pulse.score, Some(0), "scored although two hours behind");
    }
}

#[test]
fn a_late_value_keeps_its_age_and_replaces_nothing_newer() {
    let mut ward = ward();
    let last_ms = send(&mut ward, (T, 10), 0, 80.0);
    let late = [(Vital::HeartRate, 40.0), (Vital::Temperature, 38.0)];
    ward.apply(&reading("p", T - 11 * 60 * MINUTE, &late), last_ms + 1, last_ms + 1);
    assert_eq!(heart_rate(&ward, last_ms).0, 80.0);
    let temperature = &only(&ward, last_ms).vitals[&VitalName::Temperature];
    assert_eq!(temperature.time_ms, T - 11 * 60 * MINUTE);
    assert_eq!(only(&ward, last_ms).devices[0].clock_offset_ms, None);
}

#[test]
fn each_device_has_a_clock_of_its_own() {
    let mut ward = ward();
    let mut now_ms = T;
    for _ in 0..5 {
        for (device, ahead_ms, vital) in
            [("mon-1", 4 * MINUTE, Vital::HeartRate), ("oxi-2", 0, Vital::Spo2)]
        {
            let mut decoded = reading("p", now_ms + ahead_ms, &[(vital, 90.0)]);
            decoded.reading.device_id = Some(device.into());
            ward.apply(&decoded, now_ms, now_ms);
            now_ms += 1_000;
        }
    }
    let devices = only(&ward, now_ms).devices;
    let clocks: Vec<_> = devices
        .iter()
        .map(|one| (one.device_id.as_deref().unwrap(), one.clock_offset_ms))
        .collect();
    assert_eq!(clocks, [("mon-1", Some(-4 * MINUTE)), ("oxi-2", None)]);
}

#[test]
fn readings_from_before_the_start_fill_gaps_and_replace_nothing() {
    let mut ward = ward();
    send(&mut ward, (T, 3), 0, 80.0);
    ward.restore(&complete(T - 6 * 60 * MINUTE), T - 6 * 60 * MINUTE);
    let state = only(&ward, T + 4_000);
    assert_eq!(heart_rate(&ward, T + 4_000), (80.0, 0));
    assert_eq!(state.news2.parts.iter().filter(|part| part.score.is_none()).count(), 1);
    assert_eq!(state.consciousness, Some(Acvpu::A));
    assert_eq!((state.last_arrival_ms, state.readings), (T + 4_000, 3));
    assert_eq!(ward.trends(None)["p"].len(), 3);
}
