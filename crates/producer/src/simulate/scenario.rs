//! Scenarios of deterioration and recovery, as stages of target vitals.

use vitals_core::domain::reading::Consciousness::{self, A, C, P, V};

/// A stage of a scenario. A vital without a value is at the patient's baseline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stage {
    /// Time since the start of the scenario, minutes.
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
    }
}

const AIR: bool = false;
const O2: bool = true;

/// An illness with its treatment and recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scenario {
    Sepsis,
    Hypoxia,
    Haemorrhage,
    OpioidRespiratoryDepression,
    Recovery,
}

/// Fever, then tachycardia and tachypnoea, then hypotension; treated with oxygen, fluids and
/// antibiotics.
const SEPSIS: [Stage; 7] = [
    well(0.0),
    ill(60.0, [104.0, 21.0, 95.5, 114.0, 46.0, 38.6], A, AIR),
    ill(120.0, [120.0, 25.0, 93.5, 98.0, 38.0, 39.2], A, O2),
    ill(160.0, [128.0, 28.0, 92.5, 88.0, 34.0, 39.4], C, O2),
    ill(240.0, [104.0, 21.0, 96.0, 106.0, 42.0, 38.3], A, O2),
    ill(320.0, [88.0, 18.0, 96.5, 116.0, 46.0, 37.5], A, AIR),
    well(380.0),
];

/// Respiratory failure: tachypnoea and tachycardia compensate until oxygen is given.
const HYPOXIA: [Stage; 6] = [
    well(0.0),
    ill(20.0, [94.0, 22.0, 92.0, 0.0, 0.0, 37.6], A, AIR),
    ill(40.0, [108.0, 28.0, 87.0, 138.0, 0.0, 37.9], A, AIR),
    ill(60.0, [100.0, 24.0, 92.5, 132.0, 0.0, 37.9], A, O2),
    ill(120.0, [88.0, 19.0, 95.5, 0.0, 0.0, 37.4], A, O2),
    well(180.0),
];

/// The four ATLS classes of blood loss (below 15, 15-30, 30-40 and above 40 % of the volume): heart
/// rate below 100, 100-120, 120-140 and above 140; respiratory rate 14-20, 20-30, 30-40 and above
/// 35; systolic pressure holds until class III; pulse pressure falls from class II; confusion in
/// classes III and IV. Then transfusion.
const HAEMORRHAGE: [Stage; 7] = [
    well(0.0),
    ill(15.0, [92.0, 18.0, 0.0, 0.0, 0.0, 0.0], A, AIR),
    ill(35.0, [112.0, 24.0, 96.0, 0.0, 32.0, 36.6], A, AIR),
    ill(55.0, [131.0, 33.0, 95.0, 88.0, 24.0, 36.2], C, O2),
    ill(70.0, [147.0, 37.0, 93.0, 72.0, 18.0, 35.8], V, O2),
    ill(110.0, [104.0, 21.0, 97.0, 106.0, 38.0, 36.3], A, O2),
    well(180.0),
];

/// Increasing bradypnoea, hypoxia and sedation; then naloxone.
const OPIOID: [Stage; 6] = [
    well(0.0),
    ill(15.0, [66.0, 10.5, 95.0, 0.0, 0.0, 0.0], A, AIR),
    ill(30.0, [58.0, 7.5, 89.0, 108.0, 0.0, 36.4], V, AIR),
    ill(42.0, [54.0, 6.5, 86.0, 100.0, 0.0, 36.3], P, O2),
    ill(50.0, [96.0, 18.0, 96.5, 132.0, 0.0, 36.4], A, O2),
    well(100.0),
];

/// Recovery from surgery: oxygen demand, drowsiness and pain subside.
const RECOVERY: [Stage; 4] = [
    ill(0.0, [98.0, 20.0, 95.0, 105.0, 40.0, 37.8], V, O2),
    ill(60.0, [94.0, 18.0, 96.0, 112.0, 44.0, 37.6], A, O2),
    ill(150.0, [86.0, 17.0, 96.5, 0.0, 0.0, 37.3], A, AIR),
    well(240.0),
];

impl Scenario {
    /// The stages in chronological order.
    pub(super) const fn stages(self) -> &'static [Stage] {
        match self {
            Self::Sepsis => &SEPSIS,
            Self::Hypoxia => &HYPOXIA,
            Self::Haemorrhage => &HAEMORRHAGE,
            Self::OpioidRespiratoryDepression => &OPIOID,
            Self::Recovery => &RECOVERY,
        }
    }

    /// The scenario of patient `index`; `None` stays well. Scenarios are assigned by index rather
    /// than drawn, so that a small ward has some of each.
    pub(super) const fn of_patient(index: u32) -> Option<Self> {
        match index % 10 {
            1 => Some(Self::Sepsis),
            3 => Some(Self::Hypoxia),
            5 => Some(Self::Haemorrhage),
            7 => Some(Self::OpioidRespiratoryDepression),
            8 => Some(Self::Recovery),
            _ => None,
        }
    }
}
