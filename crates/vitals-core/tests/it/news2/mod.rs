//! NEWS2 against an independent implementation: `chart.py` scores 100,000 random complete sets of
//! observations from the printed chart, `expected.txt` is its output.

use vitals_core::domain::{
    news2::{Observations, PARTS, Spo2Scale, score},
    reading::Consciousness,
};

const EXPECTED: &str = include_str!("expected.txt");
const ROWS: usize = 100_000;

/// The generator of `chart.py`.
struct SplitMix64(u64);

impl SplitMix64 {
    fn between(&mut self, low: u32, high: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        low + u32::try_from((mixed ^ (mixed >> 31)) % u64::from(high - low + 1)).unwrap()
    }
}

/// A random row and its score, in the format of `chart.py`.
fn next_row(random: &mut SplitMix64) -> String {
    let respiration = random.between(0, 450);
    let saturation = random.between(780, 1000);
    let systolic = random.between(600, 2400);
    let pulse = random.between(250, 1600);
    let temperature = random.between(3400, 4000);
    let oxygen = random.between(0, 1);
    let level = ["A", "C", "V", "P", "U"][random.between(0, 4) as usize];
    let scale = random.between(1, 2);
    // Parsed from decimal text, as the value of a message is.
    let decimal = |value: u32, digits: i32| -> Option<f64> {
        let unit = 10_u32.pow(digits.unsigned_abs());
        let width = usize::try_from(digits).unwrap();
        Some(format!("{}.{:0width$}", value / unit, value % unit).parse().unwrap())
    };
    let observations = Observations {
        respiratory_rate: decimal(respiration, 1),
        spo2: decimal(saturation, 1),
        supplemental_oxygen: Some(oxygen == 1),
        systolic: decimal(systolic, 1),
        pulse: decimal(pulse, 1),
        consciousness: Consciousness::from_letter(level),
        temperature: decimal(temperature, 2),
    };
    let score = score(&observations, if scale == 1 { Spo2Scale::One } else { Spo2Scale::Two });
    let parts: String = PARTS.iter().map(|part| score.part(*part).unwrap().to_string()).collect();
    format!(
        "{respiration} {saturation} {systolic} {pulse} {temperature} {oxygen} {level} {scale} \
         {parts} {} {:?}",
        score.total().unwrap(),
        score.band().unwrap()
    )
}

#[test]
fn random_complete_readings_agree_with_the_independent_implementation() {
    let mut expected = EXPECTED.lines();
    let mut random = SplitMix64(2017);
    let mut checksum = 0_u64;
    for index in 0..ROWS {
        let row = next_row(&mut random);
        for byte in row.bytes() {
            checksum = checksum.wrapping_mul(31).wrapping_add(u64::from(byte));
        }
        if index % 50 == 0 {
            assert_eq!(row, expected.next().unwrap(), "row {index}");
        }
        if index % 1000 == 999 {
            let seen = format!("checksum {checksum}");
            assert_eq!(seen, expected.next().unwrap(), "up to row {index}");
        }
    }
    assert_eq!(expected.next(), None);
}
