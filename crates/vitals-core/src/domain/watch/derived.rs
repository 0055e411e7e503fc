//! Quantities that follow from several vitals.

use serde::{Deserialize, Serialize};

use crate::domain::{reading::Consciousness, rounding::round_half_up};

/// Quick SOFA: one point each for a respiratory rate of 22 or more, a systolic pressure of 100 or
/// less, and an altered level of consciousness; 2 or more suggest a poor outcome of an infection.
/// The known points are a lower bound if an input is missing.
///
/// Source: Singer et al., *The Third International Consensus Definitions for Sepsis and Septic Shock
/// (Sepsis-3)*, JAMA 2016, 315:801.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Qsofa {
    /// 0 to 3; `None` while an input is missing.
    pub total: Option<u8>,
    /// The sum of the known points.
    pub partial: u8,
}

/// The quick SOFA score of a respiratory rate (breaths/min), a systolic pressure (mmHg) and a level of
/// consciousness.
#[must_use]
pub fn qsofa(
    respiratory_rate: Option<f64>,
    systolic: Option<f64>,
    consciousness: Option<Consciousness>,
) -> Qsofa {
    // The three criteria of Sepsis-3 (Singer et al., 2016).
    let points = [
        respiratory_rate.map(|rate| u8::from(round_half_up(rate, 0) >= 22.0)),
        systolic.map(|pressure| u8::from(round_half_up(pressure, 0) <= 100.0)),
        consciousness.map(|level| u8::from(level != Consciousness::A)),
    ];
    Qsofa { total: points.iter().copied().sum(), partial: points.iter().flatten().sum() }
}

/// Shock index: heart rate over systolic pressure. 0.5 to 0.7 is normal in adults, above 0.9 suggests
/// shock. `None` without a pressure above 0.
///
/// Source: Allgöwer and Burri, *Schockindex*, Deutsche Medizinische Wochenschrift 1967, 92:1947.
#[must_use]
pub fn shock_index(heart_rate: f64, systolic: f64) -> Option<f64> {
    if systolic > 0.0 && heart_rate.is_finite() { Some(heart_rate / systolic) } else { None }
}

/// Pulse pressure: systolic minus diastolic pressure, mmHg. Below a quarter of the systolic pressure
/// it is narrow, as from class II of haemorrhage on (ATLS, 10th edition).
#[must_use]
pub fn pulse_pressure(systolic: f64, diastolic: f64) -> f64 {
    systolic - diastolic
}

/// Mean arterial pressure, estimated as diastolic pressure plus a third of the pulse pressure, mmHg.
/// A measured mean is preferred. Below 65 mmHg organs may be underperfused (Surviving Sepsis Campaign
/// guidelines, 2021).
#[must_use]
pub fn mean_arterial_pressure(systolic: f64, diastolic: f64) -> f64 {
    diastolic + pulse_pressure(systolic, diastolic) / 3.0
}

/// The derived quantities of a patient. `None` while an input is missing or expired.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Derived {
    /// Quick SOFA.
    pub qsofa: Qsofa,
    /// Heart rate over systolic pressure.
    pub shock_index: Option<f64>,
    /// mmHg.
    pub pulse_pressure: Option<f64>,
    /// mmHg, measured or else estimated.
    pub mean_arterial_pressure: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn qsofa_counts_the_three_signs() {
        let cases = [
            (Some(22.0), Some(100.0), Some(Consciousness::C), Some(3), 3),
            (Some(21.4), Some(101.0), Some(Consciousness::A), Some(0), 0),
            (Some(21.5), Some(100.4), Some(Consciousness::A), Some(2), 2),
            (Some(30.0), None, Some(Consciousness::V), None, 2),
            (None, None, None, None, 0),
        ];
        for (rate, pressure, level, total, partial) in cases {
            assert_eq!(qsofa(rate, pressure, level), Qsofa { total, partial }, "{rate:?}");
        }
    }

    #[test]
    fn pressures_follow_from_systolic_and_diastolic() {
        assert_eq!(shock_index(120.0, 80.0), Some(1.5));
        assert_eq!(shock_index(120.0, 0.0), None);
        assert_eq!(pulse_pressure(120.0, 80.0), 40.0);
        assert!((mean_arterial_pressure(120.0, 80.0) - 93.333).abs() < 1e-3);
    }
}
