use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

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
    let mut simulation = Simulation::new(args).unwrap();
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
    assert_eq!(second_patient(2), second_patient(9));
}

#[test]
fn neither_the_clock_nor_the_rate_changes_the_values() {
    // Two minutes at one, two and half a reading a second, at different times of the day.
    let slow = vitals_by_second(0.5, START_MS, 1);
    let even = vitals_by_second(1.0, START_MS + 9 * 3_600_000, 1);
    let fast = vitals_by_second(2.0, START_MS, 7_200_001);
    assert_eq!((slow.len(), even.len(), fast.len()), (60, 120, 120));
    assert_eq!(even, fast);
    for (second, vitals) in slow {
        assert_eq!(Some(&vitals), even.get(&second), "second {second}");
    }
}

#[test]
fn the_monitors_of_a_ward_renew_their_values_at_different_times() {
    // Ten readings a second of each patient for ten seconds.
    let rate = Some(1_000.0);
    let mut simulation = Simulation::new(&SimulateArgs { rate, ..args(100, 10_000) }).unwrap();
    let mut last = HashMap::new();
    let mut changes = [0; 10];
    while let Some(due) = simulation.next(now(1, 0)) {
        let vitals = [Vital::HeartRate, Vital::Pulse, Vital::Spo2, Vital::RespiratoryRate];
        let values = vitals.map(|vital| due.reading.vitals.get(vital));
        let before = last.insert(due.reading.patient_id.to_string(), values);
        let tenth = due.after.subsec_millis() / 100;
        changes[tenth as usize] += u32::from(before.is_some_and(|before| before != values));
    }
    let (sum, most) = (changes.iter().sum::<u32>(), changes.iter().max().unwrap());
    assert!(sum > 100 && *most < sum / 5, "{changes:?}");
}

/// The continuous vitals of one patient by simulated second.
fn vitals_by_second(rate: f64, start_ms: i64, wall_ms: i64) -> BTreeMap<u64, Vec<(Vital, f64)>> {
    let count = Some((120.0 * rate) as u64);
    let args = SimulateArgs { rate: Some(rate), start_ms: Some(start_ms), count, ..args(1, 0) };
    let mut simulation = Simulation::new(&args).unwrap();
    let mut seconds = BTreeMap::new();
    while let Some(due) = simulation.next(now(wall_ms, 0)) {
        let continuous = [Vital::HeartRate, Vital::Pulse, Vital::Spo2, Vital::RespiratoryRate];
        let vitals = due.reading.vitals.measured();
        let vitals = vitals.filter(|(vital, _)| continuous.contains(vital)).collect();
        seconds.entry(due.after.as_secs()).or_insert(vitals);
    }
    seconds
}

/// The vitals of the second of so many `patients`, 50 readings.
fn second_patient(patients: u32) -> Vec<Vitals> {
    let mut simulation = Simulation::new(&args(patients, u64::from(patients) * 50)).unwrap();
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
    let mut simulation =
        Simulation::new(&SimulateArgs { rate: Some(8.0), ..args(4, 400) }).unwrap();
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
    let mut simulation = Simulation::new(&args).unwrap();
    assert_eq!(simulation.next(now(5_000, 0)).unwrap().reading.time_ms, 5_000);
    // The first call is before the reading due at 500 ms, the second after the one due at 1,000 ms.
    assert_eq!(simulation.next(now(5_100, 100)).unwrap().reading.time_ms, 5_500);
    assert_eq!(simulation.next(now(9_000, 4_000)).unwrap().reading.time_ms, 6_000);
    let mut unpaced = Simulation::new(&SimulateArgs { rate: Some(0.0), ..args }).unwrap();
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
    let mut simulation = Simulation::new(&args).unwrap();
    let places: Vec<_> = std::iter::from_fn(|| {
        let reading = simulation.next(now(1, 0))?.reading;
        Some(format!("{}{}", reading.ward.unwrap(), reading.bed.unwrap()))
    })
    .collect();
    assert_eq!(places, ["A1", "A2", "B1", "B2", "C1"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The only implausible values are those of sensors that are off, which are zero.
    #[test]
    fn every_reading_is_plausible(
        seed: u64,
        patients in 1_u32..30,
        rate in prop_oneof![Just(None), Just(Some(0.0)), (0.005..500.0_f64).prop_map(Some)],
    ) {
        // The state advances by seconds: a slow rate needs as many steps as a fast one.
        let count = if rate.is_some_and(|rate| rate > 0.0 && rate < 1.0) { 40 } else { 1_000 };
        let args = SimulateArgs { seed, rate, ..args(patients, count) };
        for message in messages(&args) {
            let text = String::from_utf8_lossy(&message);
            let decoded = decode(&message, None, &DecodeOptions::default())
                .map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            let off: Vec<_> = decoded.flags.not_measured.iter().collect();
            let sensors = [&[][..], &[Vital::HeartRate], &[Vital::Pulse, Vital::Spo2],
                &[Vital::HeartRate, Vital::Pulse, Vital::Spo2]];
            prop_assert!(sensors.contains(&off.as_slice()), "{text}");
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
    let mut simulation = Simulation::new(&args(50, 50)).unwrap();
    while let Some(due) = simulation.next(now(1, 0)) {
        for vital in VITALS {
            assert!(due.reading.vitals.get(vital).is_some_and(|value| value > 0.0), "{vital:?}");
        }
        assert!(due.reading.consciousness.is_some() && due.reading.supplemental_oxygen.is_some());
    }
}

/// Readings of one patient every second for `hours`, with these artefacts.
fn count_readings(
    artefacts: ArtefactRates,
    hours: i64,
    is_counted: impl Fn(&Reading<'_>) -> bool,
) -> i64 {
    let mut patient = Cohort::evaluation(3, 24).with_artefacts(artefacts).patient(0);
    let seconds = 0..hours * 3600;
    seconds.map(|second| i64::from(is_counted(&patient.reading(second * 1000, second)))).sum()
}

const NONE: ArtefactRates = ArtefactRates {
    probe_off: 0.0,
    leads_off: 0.0,
    motion: 0.0,
    stuck: 0.0,
    late: 0.0,
    cuff_failure: 0.0,
};

#[test]
fn artefacts_occur_only_if_they_are_on() {
    let zero = |vital: Vital| move |reading: &Reading<'_>| reading.vitals.get(vital) == Some(0.0);
    let probe = ArtefactRates { probe_off: 100.0, ..NONE };
    let leads = ArtefactRates { leads_off: 100.0, ..NONE };
    assert!((100..1_200).contains(&count_readings(probe, 5, zero(Vital::Spo2))));
    assert_eq!(count_readings(probe, 5, zero(Vital::HeartRate)), 0);
    assert!((100..2_400).contains(&count_readings(leads, 5, zero(Vital::HeartRate))));
    assert_eq!(count_readings(leads, 5, zero(Vital::Pulse)), 0);
    let low =
        |reading: &Reading<'_>| reading.vitals.get(Vital::Spo2).is_some_and(|spo2| spo2 < 92.0);
    assert_eq!(count_readings(NONE, 5, low), 0);
    assert!(count_readings(ArtefactRates { motion: 200.0, ..NONE }, 5, low) > 20);
}

#[test]
fn a_stuck_monitor_repeats_its_values_for_minutes() {
    let mut patient =
        Cohort::evaluation(3, 24).with_artefacts(ArtefactRates { stuck: 100.0, ..NONE }).patient(0);
    let mut longest = 0;
    let mut repeated = 0;
    let mut last = None;
    for second in 0..10_000 {
        let vitals = patient.reading(second * 1000, second).vitals;
        let values = [Vital::HeartRate, Vital::RespiratoryRate, Vital::Spo2, Vital::Pulse]
            .map(|vital| vitals.get(vital));
        repeated = if last.replace(values) == Some(values) { repeated + 1 } else { 0 };
        longest = longest.max(repeated);
    }
    assert!(longest >= 120, "{longest}");
}

/// The NEWS2 band of a reading that measures everything.
pub(super) fn band(reading: &Reading<'_>, scale: Spo2Scale) -> Option<Band> {
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
    score(&observations, scale).band()
}

#[test]
fn a_small_ward_has_well_and_ill_patients_from_the_start() {
    for seed in 1..=10 {
        let cohort = Cohort::ward(seed);
        let mut low = 0;
        let mut ill = 0;
        for index in 0..20 {
            let mut patient = cohort.patient(index);
            let scale = patient.context(START_MS).spo2_scale();
            match band(&patient.reading(0, START_MS), scale).unwrap() {
                Band::Low => low += 1,
                Band::LowMedium | Band::Medium | Band::High => ill += 1,
            }
        }
        assert!(low >= 12 && ill >= 1, "seed {seed}: {low} low, {ill} higher");
    }
}
