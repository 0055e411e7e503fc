//! The points of a patient's sparklines.

use std::collections::VecDeque;

use vitals_core::domain::{flags::Flags, reading::Vitals, vital::Vital};

use crate::wire::TrendPoint;

/// Number of points kept per patient. Sent with every snapshot.
pub const TREND_POINTS: usize = 120;

/// The newest points by measurement time, oldest first, for readings in any order.
#[derive(Debug, Default)]
pub(super) struct Trend(VecDeque<TrendPoint>);

impl Trend {
    /// Inserts the values measured at `time_ms` that are not doubted: a line has no mark for a doubt. Two
    /// readings with the same time share a point.
    pub(super) fn insert(&mut self, time_ms: i64, vitals: &Vitals, flags: Flags) {
        let value = |vital| vitals.get(vital).filter(|_| !flags.is_doubted(vital));
        let point = TrendPoint {
            time_ms,
            heart_rate: value(Vital::HeartRate),
            pulse: value(Vital::Pulse),
            spo2: value(Vital::Spo2),
            systolic: value(Vital::Systolic),
            respiratory_rate: value(Vital::RespiratoryRate),
        };
        let values =
            [point.heart_rate, point.pulse, point.spo2, point.systolic, point.respiratory_rate];
        // A reading of other vitals only is no point of a sparkline.
        if values.iter().all(Option::is_none) {
            return;
        }
        // Nearly always the end: few readings arrive out of order.
        let index = self.0.partition_point(|known| known.time_ms < time_ms);
        match self.0.get_mut(index) {
            Some(known) if known.time_ms == time_ms => merge(known, &point),
            _ => self.0.insert(index, point),
        }
        if self.0.len() > TREND_POINTS {
            self.0.pop_front();
        }
    }

    /// Removes the points before `time_ms`.
    pub(super) fn forget_before(&mut self, time_ms: i64) {
        self.0.retain(|point| point.time_ms >= time_ms);
    }

    /// Removes the points after `time_ms`.
    pub(super) fn forget_after(&mut self, time_ms: i64) {
        self.0.retain(|point| point.time_ms <= time_ms);
    }

    /// The points, oldest first.
    pub(super) fn points(&self) -> Vec<TrendPoint> {
        self.0.iter().cloned().collect()
    }
}

fn merge(known: &mut TrendPoint, new: &TrendPoint) {
    known.heart_rate = new.heart_rate.or(known.heart_rate);
    known.pulse = new.pulse.or(known.pulse);
    known.spo2 = new.spo2.or(known.spo2);
    known.systolic = new.systolic.or(known.systolic);
    known.respiratory_rate = new.respiratory_rate.or(known.respiratory_rate);
}
