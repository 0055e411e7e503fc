//! The limits of one patient: those of adults, replaced by settings, age and context.

use serde::{Deserialize, Serialize};

use super::{
    rule::{Priority, Side},
    settings::WatchSettings,
};
use crate::domain::{
    limits,
    patient_context::{PatientContext, VitalLimits},
    vital::{VITAL_COUNT, VITALS, Vital},
};

/// Settings of one vital. An absent value keeps the default.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitOverride {
    /// False switches the vital's limits off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Values below alarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Values above alarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// Values below alarm with high priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_low: Option<f64>,
    /// Values above alarm with high priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_high: Option<f64>,
    /// Time for which a value must stay beyond a limit, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_ms: Option<i64>,
    /// Time for which a value must stay beyond a critical limit, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub critical_delay_ms: Option<i64>,
    /// Distance by which a value must return within the limit before the alarm ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hysteresis: Option<f64>,
    /// Time for which a value must be back within the limit before the alarm ends, ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clear_after_ms: Option<i64>,
}

impl LimitOverride {
    pub(super) fn validate(&self, vital: Vital) -> Result<(), String> {
        let name = vital.name();
        let values = [self.low, self.high, self.critical_low, self.critical_high, self.hysteresis];
        if values.into_iter().flatten().any(|value| !value.is_finite()) {
            return Err(format!("limits.{name}: a limit is not a number"));
        }
        let times = [self.delay_ms, self.critical_delay_ms, self.clear_after_ms];
        let negative = times.into_iter().flatten().any(|time_ms| time_ms < 0);
        if negative || self.hysteresis.is_some_and(|distance| distance < 0.0) {
            return Err(format!("limits.{name}: a delay or the hysteresis is negative"));
        }
        // The order is checked together with the defaults that stay in place.
        let rule = VitalRule::of_adults(vital).replaced_by(self);
        let ordered = [rule.critical_low, rule.low, rule.high, rule.critical_high];
        let present: Vec<f64> = ordered.into_iter().flatten().collect();
        if present.windows(2).any(|pair| pair[0] > pair[1]) {
            return Err(format!("limits.{name}: critical_low, low, high, critical_high must rise"));
        }
        Ok(())
    }
}

/// Limits of one vital with their delays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct VitalRule {
    pub(super) low: Option<f64>,
    pub(super) high: Option<f64>,
    pub(super) critical_low: Option<f64>,
    pub(super) critical_high: Option<f64>,
    /// Priority beyond a limit; beyond a critical limit it is high.
    pub(super) priority: Priority,
    pub(super) delay_ms: i64,
    pub(super) critical_delay_ms: i64,
    pub(super) hysteresis: f64,
    pub(super) clear_after_ms: i64,
}

impl VitalRule {
    /// The defaults. The critical limits and the delays are a judgement of this project; a delay of
    /// 15 s for the saturation removes 60 % of its alarms (clinical studies cited in
    /// docs/architecture.md).
    fn of_adults(vital: Vital) -> Self {
        let VitalLimits { mut low, high } = limits::adult(vital);
        if vital == Vital::Diastolic {
            // Half of a ward's low alarms, and never the only one: the systolic and the mean pressure
            // find the same patients. The score has no diastolic pressure.
            low = None;
        }
        let (critical_low, critical_high, hysteresis, seconds) = match vital {
            Vital::HeartRate | Vital::Pulse => (Some(40.0), Some(150.0), 3.0, [15, 10]),
            Vital::Spo2 => (Some(85.0), None, 1.0, [15, 15]),
            Vital::Systolic => (Some(80.0), Some(220.0), 5.0, [0, 0]),
            Vital::Diastolic => (None, None, 5.0, [0, 0]),
            Vital::MeanPressure => (Some(55.0), None, 3.0, [0, 0]),
            Vital::RespiratoryRate => (Some(6.0), Some(35.0), 2.0, [60, 15]),
            Vital::Temperature => (Some(34.0), Some(40.5), 0.2, [0, 0]),
        };
        let priority = match vital {
            // The systolic pressure and NEWS2 raise the alarm that needs a prompt response.
            Vital::Diastolic | Vital::MeanPressure => Priority::Low,
            _ => Priority::Medium,
        };
        Self {
            low,
            high,
            critical_low,
            critical_high,
            priority,
            delay_ms: seconds[0] * 1_000,
            critical_delay_ms: seconds[1] * 1_000,
            hysteresis,
            clear_after_ms: 10_000,
        }
    }

    fn replaced_by(mut self, settings: &LimitOverride) -> Self {
        if settings.enabled == Some(false) {
            (self.low, self.high) = (None, None);
            (self.critical_low, self.critical_high) = (None, None);
            return self;
        }
        self.low = settings.low.or(self.low);
        self.high = settings.high.or(self.high);
        self.critical_low = settings.critical_low.or(self.critical_low);
        self.critical_high = settings.critical_high.or(self.critical_high);
        self.delay_ms = settings.delay_ms.unwrap_or(self.delay_ms);
        self.critical_delay_ms = settings.critical_delay_ms.unwrap_or(self.critical_delay_ms);
        self.hysteresis = settings.hysteresis.unwrap_or(self.hysteresis);
        self.clear_after_ms = settings.clear_after_ms.unwrap_or(self.clear_after_ms);
        self
    }

    /// Moves the limits; the critical ones keep their distance from them.
    fn moved_to(mut self, limits: VitalLimits) -> Self {
        self.critical_low = shifted(self.critical_low, self.low, limits.low);
        self.critical_high = shifted(self.critical_high, self.high, limits.high);
        self.low = limits.low;
        self.high = limits.high;
        self
    }

    /// The priority of `value` on one side and the limit that it breaks. An alarm of priority
    /// `active` lasts until the value is back within its limit by the hysteresis.
    pub(super) fn judge(
        &self,
        value: f64,
        side: Side,
        active: Option<Priority>,
    ) -> Option<(Priority, f64)> {
        let (critical, limit) = match side {
            Side::Low => (self.critical_low, self.low),
            Side::High => (self.critical_high, self.high),
        };
        // An alarm that has been raised ends only once the value is clearly back: a value around
        // the limit would otherwise ring again and again.
        let margin = |priority| if active >= Some(priority) { self.hysteresis } else { 0.0 };
        if let Some(critical) = critical
            && side.is_left_by(value, critical, margin(Priority::High))
        {
            return Some((Priority::High, critical));
        }
        let limit = limit?;
        if side.is_left_by(value, limit, margin(self.priority)) {
            Some((self.priority, limit))
        } else {
            None
        }
    }
}

/// A critical limit after the limit itself moved; without all three there is none.
fn shifted(critical: Option<f64>, from: Option<f64>, to: Option<f64>) -> Option<f64> {
    Some(critical? + to? - from?)
}

/// The limits of one patient, by vital.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LimitTable([VitalRule; VITAL_COUNT]);

impl LimitTable {
    /// The limits at `now_ms`.
    pub(super) fn new(
        settings: &WatchSettings,
        context: Option<&PatientContext>,
        now_ms: i64,
    ) -> Self {
        Self(VITALS.map(|vital| {
            // The settings replace the defaults, and the patient's own limits replace both.
            let mut rule = VitalRule::of_adults(vital);
            if let Some(settings) = settings.limits.get(&vital) {
                rule = rule.replaced_by(settings);
            }
            match context.and_then(|context| limits::of_patient(context, vital, now_ms)) {
                Some(own) => rule.moved_to(own),
                None => rule,
            }
        }))
    }

    pub(super) const fn get(&self, vital: Vital) -> &VitalRule {
        &self.0[vital as usize]
    }
}
