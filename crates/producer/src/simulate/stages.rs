//! The stages of the scenarios, for the mean adult.
//!
//! A patient stays at a stage for a while and passes to the next within minutes, as an illness does
//! between decompensations and treatments. Stages lie within the bands of NEWS2 rather than on
//! their limits, and the vitals of an ill patient vary half as much as those of a well one: heart
//! rate variability falls in sepsis and shock, and tachypnoea is regular.

use vitals_core::domain::reading::Consciousness::{self, A, C, P, V};

/// A stage of a scenario. A vital without a value is at the patient's baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    /// Time since the onset, minutes.
    pub(super) minute: f64,
    pub(super) heart_rate: Option<f64>,
    pub(super) respiratory_rate: Option<f64>,
    pub(super) spo2: Option<f64>,
    pub(super) systolic: Option<f64>,
    pub(super) pulse_pressure: Option<f64>,
    pub(super) temperature: Option<f64>,
    /// Level of consciousness from this stage on, as charted by a nurse.
    pub(super) consciousness: Consciousness,
    /// Supplemental oxygen from this stage on.
    pub(super) oxygen: bool,
    /// An irregular rhythm from this stage on: the heart rate varies from beat to beat, and the
    /// oximeter misses beats.
    pub(super) irregular: bool,
    /// Factor of the noise.
    pub(super) variability: f64,
}

/// A stage at which every vital is at the baseline.
const fn well(minute: f64) -> Stage {
    Stage {
        minute,
        heart_rate: None,
        respiratory_rate: None,
        spo2: None,
        systolic: None,
        pulse_pressure: None,
        temperature: None,
        consciousness: A,
        oxygen: false,
        irregular: false,
        variability: 1.0,
    }
}

/// A stage with its own targets: heart rate, respiratory rate, SpO2, systolic pressure, pulse
/// pressure and temperature. 0 stands for the baseline.
const fn ill(minute: f64, vitals: [f64; 6], consciousness: Consciousness, oxygen: bool) -> Stage {
    const fn given(value: f64) -> Option<f64> {
        if value > 0.0 { Some(value) } else { None }
    }
    let [heart_rate, respiratory_rate, spo2, systolic, pulse_pressure, temperature] = vitals;
    Stage {
        minute,
        heart_rate: given(heart_rate),
        respiratory_rate: given(respiratory_rate),
        spo2: given(spo2),
        systolic: given(systolic),
        pulse_pressure: given(pulse_pressure),
        temperature: given(temperature),
        consciousness,
        oxygen,
        irregular: false,
        variability: 0.5,
    }
}

/// `stage` with an irregular rhythm.
const fn irregular(stage: Stage) -> Stage {
    Stage { irregular: true, ..stage }
}

const AIR: bool = false;
const O2: bool = true;

/// Fever, then tachycardia and tachypnoea, then hypotension; treated with oxygen, fluids and
/// antibiotics.
pub(super) const SEPSIS: [Stage; 9] = [
    well(0.0),
    ill(50.0, [101.0, 18.5, 97.2, 119.0, 46.0, 38.5], A, AIR),
    ill(100.0, [103.0, 19.0, 97.2, 119.0, 45.0, 38.6], A, AIR),
    ill(125.0, [120.0, 27.5, 92.5, 96.0, 37.0, 39.4], A, O2),
    ill(170.0, [122.0, 29.0, 92.5, 84.0, 32.0, 39.5], C, O2),
    ill(250.0, [120.0, 27.5, 92.6, 84.0, 33.0, 39.3], A, O2),
    ill(280.0, [86.0, 18.0, 97.4, 121.0, 45.0, 38.4], A, O2),
    ill(330.0, [84.0, 17.5, 97.4, 122.0, 46.0, 37.4], A, AIR),
    well(380.0),
];

/// Respiratory failure: tachypnoea and tachycardia compensate until oxygen is given.
pub(super) const HYPOXIA: [Stage; 6] = [
    well(0.0),
    ill(15.0, [118.0, 28.5, 88.5, 132.0, 0.0, 38.4], A, AIR),
    ill(55.0, [120.0, 29.0, 87.5, 132.0, 0.0, 38.5], A, O2),
    ill(75.0, [100.0, 18.5, 97.2, 0.0, 0.0, 37.7], A, O2),
    ill(150.0, [84.0, 17.5, 97.4, 0.0, 0.0, 37.3], A, AIR),
    well(180.0),
];

/// The four ATLS classes of blood loss (below 15, 15-30, 30-40 and above 40 % of the volume): heart
/// rate below 100, 100-120, 120-140 and above 140; respiratory rate 14-20, 20-30, 30-40 and above
/// 35; systolic pressure holds until class III; pulse pressure falls from class II; confusion in
/// classes III and IV. Then transfusion.
pub(super) const HAEMORRHAGE: [Stage; 10] = [
    well(0.0),
    ill(12.0, [95.0, 18.0, 0.0, 0.0, 0.0, 0.0], A, AIR),
    ill(30.0, [96.0, 18.5, 0.0, 0.0, 0.0, 0.0], A, AIR),
    ill(38.0, [116.0, 28.0, 97.2, 0.0, 32.0, 36.6], A, AIR),
    ill(55.0, [117.0, 28.5, 97.2, 0.0, 30.0, 36.6], A, AIR),
    ill(63.0, [136.0, 34.0, 94.5, 84.0, 24.0, 36.4], C, O2),
    ill(80.0, [148.0, 37.0, 92.5, 72.0, 18.0, 35.6], V, O2),
    ill(105.0, [147.0, 37.0, 92.5, 73.0, 18.0, 35.6], V, O2),
    ill(130.0, [98.0, 18.0, 97.4, 119.0, 40.0, 36.5], A, O2),
    well(180.0),
];

/// A fast irregular rhythm within a minute, with lower pressure; then rate control and
/// cardioversion.
pub(super) const ATRIAL_FIBRILLATION: [Stage; 6] = [
    well(0.0),
    irregular(ill(1.0, [150.0, 18.0, 97.2, 116.0, 38.0, 0.0], A, AIR)),
    irregular(ill(80.0, [152.0, 18.5, 97.2, 115.0, 37.0, 0.0], A, AIR)),
    irregular(ill(110.0, [101.0, 17.0, 97.4, 120.0, 44.0, 0.0], A, AIR)),
    ill(239.0, [100.0, 17.0, 97.4, 121.0, 45.0, 0.0], A, AIR),
    well(240.0),
];

/// Increasing bradypnoea, hypoxia and sedation; then naloxone.
pub(super) const OPIOID: [Stage; 7] = [
    well(0.0),
    ill(12.0, [65.0, 10.2, 96.8, 0.0, 0.0, 0.0], A, AIR),
    ill(22.0, [58.0, 6.0, 87.5, 106.0, 0.0, 36.5], V, AIR),
    ill(40.0, [55.0, 5.5, 85.0, 105.0, 0.0, 36.4], P, O2),
    ill(55.0, [55.0, 5.5, 85.5, 105.0, 0.0, 36.4], P, O2),
    ill(58.0, [86.0, 17.0, 97.4, 0.0, 0.0, 36.5], A, O2),
    well(110.0),
];

/// Recovery from surgery: oxygen demand, drowsiness and pain subside.
pub(super) const RECOVERY: [Stage; 5] = [
    ill(0.0, [100.0, 18.0, 97.4, 120.0, 40.0, 37.6], V, O2),
    ill(50.0, [99.0, 18.0, 97.4, 120.0, 42.0, 37.5], A, O2),
    ill(60.0, [86.0, 17.5, 97.4, 0.0, 44.0, 37.4], A, O2),
    ill(150.0, [84.0, 17.0, 97.4, 0.0, 0.0, 37.2], A, AIR),
    well(240.0),
];
