use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;
use vitals_core::domain::{
    decode::{DecodeOptions, decode},
    news2::{Band, Observations, Spo2Scale, score},
    reading::{Reading, Vitals},
    vital::{VITALS, Vital},
};

use super::*;
use crate::{
    cli::SimulateArgs,
    source::{Now, Source as _},
};

const START_MS: i64 = 1_763_812_800_000;

fn args(patients: u32, count: u64) -> SimulateArgs {
    let start_ms = Some(START_MS);
    SimulateArgs { patients, count: Some(count), start_ms, ..SimulateArgs::default() }
}

fn now(wall_ms: i64, elapsed_ms: u64) -> Now {
    Now { wall_ms, elapsed: Duration::from_millis(elapsed_ms) }
}

/// The encoded messages of a whole run.
fn messages(args: &SimulateArgs) -> Vec<Vec<u8>> {
    let mut simulation = Simulation::new(args);
    std::iter::from_fn(|| {
        let due = simulation.next(now(1, 0))?;
        Some(serde_json::to_vec(&due.reading).unwrap())
    })
    .collect()
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let first = messages(&args(7, 5_000));
    assert_eq!(first.len(), 5_000);
    assert_eq!(first, messages(&args(7, 5_000)));
    assert_ne!(first, messages(&SimulateArgs { seed: 2, ..args(7, 5_000) }));
}

#[test]
fn a_patients_values_do_not_depend_on_the_number_of_patients() {
    assert_eq!(second_patient(2).len(), 50);
    // The phase of the day differs by less than a second.
    assert_eq!(second_patient(2), second_patient(9));
}

/// The vitals of the second of so many `patients`, 50 readings.
fn second_patient(patients: u32) -> Vec<Vitals> {
    let mut simulation = Simulation::new(&args(patients, u64::from(patients) * 50));
    let mut vitals = Vec::new();
    while let Some(due) = simulation.next(now(1, 0)) {
        if due.reading.patient_id == "p-0002" {
            vitals.push(due.reading.vitals);
        }
    }
    vitals
}

#[test]
fn sequences_have_no_gap_and_times_follow_the_rate() {
    let mut simulation = Simulation::new(&SimulateArgs { rate: Some(8.0), ..args(4, 400) });
    let mut seen: HashMap<String, (i64, i64)> = HashMap::new();
    for n in 0..400_u64 {
        let due = simulation.next(now(1, 0)).unwrap();
        assert_eq!(due.after, Duration::from_millis(n * 125));
        let sequence = due.reading.sequence.unwrap();
        let time_ms = due.reading.time_ms;
        assert_eq!(time_ms, START_MS + i64::try_from(n).unwrap() * 125);
        let last = seen.insert(due.reading.patient_id.into_owned(), (sequence, time_ms));
        assert_eq!(sequence, last.map_or(0, |(sequence, _)| sequence + 1));
        assert!(last.is_none_or(|(_, before_ms)| time_ms == before_ms + 500));
    }
    assert_eq!(seen.len(), 4);
    assert!(simulation.next(now(1, 0)).is_none());
}

#[test]
fn without_a_start_time_readings_carry_the_wall_clock() {
    let args = SimulateArgs { start_ms: None, count: None, ..args(2, 0) };
    let mut simulation = Simulation::new(&args);
    assert_eq!(simulation.next(now(5_000, 0)).unwrap().reading.time_ms, 5_000);
    // The first call is before the reading due at 500 ms, the second after the one due at 1,000 ms.
    assert_eq!(simulation.next(now(5_100, 100)).unwrap().reading.time_ms, 5_500);
    assert_eq!(simulation.next(now(9_000, 4_000)).unwrap().reading.time_ms, 6_000);
    let mut unpaced = Simulation::new(&SimulateArgs { rate: Some(0.0), ..args });
    for elapsed in [0, 1, 1, 7] {
        let now = now(5_000 + 10 * i64::try_from(elapsed).unwrap(), elapsed);
        let due = unpaced.next(now).unwrap();
        assert_eq!((due.after, due.reading.time_ms), (now.elapsed, now.wall_ms));
    }
}

#[test]
fn wards_are_filled_one_after_the_other() {
    let wards = vec!["A".to_owned(), "B".to_owned(), "C".to_owned()];
    let args = SimulateArgs { wards, ..args(5, 5) };
    let mut simulation = Simulation::new(&args);
    let places: Vec<_> = std::iter::from_fn(|| {
        let reading = simulation.next(now(1, 0))?.reading;
        Some(format!("{}{}", reading.ward.unwrap(), reading.bed.unwrap()))
    })
    .collect();
    assert_eq!(places, ["A1", "A2", "B1", "B2", "C1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The only implausible values are those of a detached probe, which are zero for both vitals.
    #[test]
    fn every_reading_is_plausible(
        seed: u64,
        patients in 1_u32..30,
        rate in prop_oneof![Just(None), Just(Some(0.0)), (0.005..500.0_f64).prop_map(Some)],
    ) {
        let args = SimulateArgs { seed, rate, ..args(patients, 1_500) };
        for message in messages(&args) {
            let text = String::from_utf8_lossy(&message);
            let decoded = decode(&message, None, &DecodeOptions::default()).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            let off: Vec<_> = decoded.flags.not_measured.iter().collect();
            prop_assert!(off.is_empty() || off == [Vital::Pulse, Vital::Spo2], "{text}");
            prop_assert!(decoded.flags.low.is_empty() && decoded.flags.high.is_empty(), "{text}");
            prop_assert!(decoded.extra.is_empty() && decoded.refused.is_empty(), "{text}");
            for (vital, value) in decoded.reading.vitals.measured() {
                let steps = if vital == Vital::Temperature { value * 10.0 } else { value };
                prop_assert!((steps - steps.round()).abs() < 1e-9, "{text}");
            }
        }
    }
}

#[test]
fn the_first_reading_of_a_patient_measures_everything() {
    let mut simulation = Simulation::new(&args(50, 50));
    while let Some(due) = simulation.next(now(1, 0)) {
        for vital in VITALS {
            assert!(due.reading.vitals.get(vital).is_some_and(|value| value > 0.0), "{vital:?}");
        }
        assert!(due.reading.consciousness.is_some() && due.reading.supplemental_oxygen.is_some());
    }
}

#[test]
fn cuff_and_thermometer_measure_at_their_intervals() {
    let mut simulation = Simulation::new(&args(10, 36_000));
    let mut cuff = 0;
    let mut thermometer = 0;
    let mut off = 0;
    while let Some(due) = simulation.next(now(1, 0)) {
        let vitals = due.reading.vitals;
        cuff += u32::from(vitals.get(Vital::Systolic).is_some());
        thermometer += u32::from(vitals.get(Vital::Temperature).is_some());
        off += u32::from(vitals.get(Vital::Spo2) == Some(0.0));
        assert_eq!(vitals.get(Vital::Systolic).is_some(), vitals.get(Vital::Diastolic).is_some());
        assert!(vitals.get(Vital::HeartRate).is_some_and(|rate| rate > 0.0));
    }
    // Ten patients for one hour: every 5 and every 4 minutes, plus the first reading.
    assert!((118..=135).contains(&cuff), "{cuff}");
    assert!((150..=165).contains(&thermometer), "{thermometer}");
    assert!((50..3_600).contains(&off), "{off}");
}

/// The NEWS2 band of a reading that measures everything.
fn band(reading: &Reading<'_>) -> Option<Band> {
    let vitals = &reading.vitals;
    let observations = Observations {
        respiratory_rate: vitals.get(Vital::RespiratoryRate),
        spo2: vitals.get(Vital::Spo2),
        supplemental_oxygen: reading.supplemental_oxygen,
        systolic: vitals.get(Vital::Systolic),
        pulse: vitals.get(Vital::HeartRate),
        consciousness: reading.consciousness,
        temperature: vitals.get(Vital::Temperature),
    };
    score(&observations, Spo2Scale::One).band()
}

#[test]
fn a_small_ward_has_well_and_ill_patients_from_the_start() {
    for seed in 1..=10 {
        let mut simulation = Simulation::new(&SimulateArgs { seed, ..args(20, 20) });
        let mut low = 0;
        let mut between = 0;
        let mut high = 0;
        while let Some(due) = simulation.next(now(1, 0)) {
            match band(&due.reading).unwrap() {
                Band::Low => low += 1,
                Band::High => high += 1,
                Band::LowMedium | Band::Medium => between += 1,
            }
        }
        let found = format!("seed {seed}: {low} low, {between} between, {high} high");
        assert!(low >= 8 && high >= 1 && between + high >= 3, "{found}");
    }
}
