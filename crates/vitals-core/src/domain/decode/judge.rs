//! The verdict on each field of a reading.

use std::borrow::Cow;

use super::{
    exact,
    misspelt::is_misspelt,
    no_value::{is_no_value, visible},
    raw_fields::RawValue,
    verdict::ExtraField,
};
use crate::domain::{
    flags::Flags,
    reading::Vitals,
    refused::Refused,
    rejection::Reason,
    vital::{Plausibility, VITALS, Vital},
};

/// Numbers that devices send for "no value". All are outside every vital's limits.
const SENTINELS: [f64; 16] = [
    -1.0,
    -99.0,
    -99.9,
    -100.0,
    -999.0,
    -999.9,
    -9999.0,
    -10_000.0,
    -32_768.0,
    -2_147_483_648.0,
    999.0,
    9999.0,
    32_767.0,
    65_535.0,
    8_388_607.0,
    2_147_483_647.0,
];

/// Maximum misspelt fields that are refused of one reading. A reading has sixteen fields; a source
/// that sends more such names is of another kind.
const MAX_MISSPELT: usize = 16;

/// Collects the verdicts on the fields of one reading.
#[derive(Debug, Default)]
pub(super) struct Judge {
    pub(super) flags: Flags,
    pub(super) refused: Vec<Refused>,
    /// The temperature is in degrees Fahrenheit.
    pub(super) fahrenheit: bool,
}

impl Judge {
    #[cold]
    pub(super) fn refuse(
        &mut self,
        field: impl Into<Cow<'static, str>>,
        reason: Reason,
        value: impl Into<String>,
    ) {
        self.refused.push(Refused::new(field, reason, value));
    }

    /// Judges every vital alone.
    pub(super) fn vitals(&mut self, values: &[RawValue<'_>]) -> Vitals {
        let mut vitals = Vitals::default();
        for (vital, raw) in VITALS.into_iter().zip(values) {
            let value = match raw {
                RawValue::Absent => continue,
                #[expect(clippy::cast_precision_loss, reason = "a vital is far below 2^53")]
                RawValue::Int(number) => *number as f64,
                RawValue::Float(number) => *number,
                _ => f64::NAN,
            };
            let limits = vital.plausibility();
            // Nearly every value. The limits have the displayed precision, so that rounding moves
            // no value across them from the inside.
            if value >= limits.flag_below && value <= limits.flag_above && !self.fahrenheit {
                vitals.set(vital, Some(value));
            } else {
                vitals.set(vital, self.unusual(vital, raw, limits));
            }
        }
        vitals
    }

    /// The accepted value of `vital`; `None` if it was not measured or is refused.
    #[cold]
    fn unusual(&mut self, vital: Vital, raw: &RawValue<'_>, limits: Plausibility) -> Option<f64> {
        let mut value = match self.number(vital as usize, vital.name(), raw) {
            // The sum turns minus zero into zero.
            Number::Value(value) => value + 0.0,
            Number::NotMeasured => {
                // Null is not sent; a mark is.
                if !raw.is_none() {
                    self.flags.not_measured.insert(vital);
                }
                return None;
            }
            Number::Refused => return None,
        };
        // Sentinels before limits, which would report them as out of range.
        if SENTINELS.contains(&value) {
            self.refuse(vital.name(), Reason::Sentinel, raw.to_text());
            return None;
        }
        if vital == Vital::Temperature && self.fahrenheit {
            self.flags.converted.insert(vital as usize);
            value = celsius(value);
        }
        // Perhaps a fraction.
        if vital == Vital::Spo2 && value > 0.0 && value <= 1.0 {
            self.flags.ambiguous.insert(vital);
            return Some(value);
        }
        if vital.zero_is_missing() && vital.round(value) == 0.0 {
            self.flags.not_measured.insert(vital);
            return None;
        }
        self.within_limits(vital, value, limits, raw)
    }

    /// Applies the limits at the displayed precision.
    fn within_limits(
        &mut self,
        vital: Vital,
        value: f64,
        limits: Plausibility,
        raw: &RawValue<'_>,
    ) -> Option<f64> {
        // A value is judged as a monitor displays it: 100.04 % is shown as 100 %.
        let shown = vital.round(value);
        if !(shown >= limits.reject_below && shown <= limits.reject_above) {
            // Degrees Fahrenheit get a reason of their own: a setting of the device causes them.
            let is_fahrenheit = vital == Vital::Temperature
                && !self.fahrenheit
                && (limits.flag_below..=limits.flag_above).contains(&vital.round(celsius(value)));
            let reason = if is_fahrenheit { Reason::Fahrenheit } else { Reason::OutOfRange };
            self.refuse(vital.name(), reason, raw.to_text());
            return None;
        }
        if shown < limits.flag_below {
            self.flags.low.insert(vital);
        } else if shown > limits.flag_above {
            self.flags.high.insert(vital);
        }
        // Such a value is stored rounded, so that no value of the lake is beyond its limits.
        if value < limits.reject_below || value > limits.reject_above {
            self.flags.rounded.insert(vital);
            // Adding zero makes a positive zero of a negative one.
            return Some(shown + 0.0);
        }
        Some(value)
    }

    /// The number in field `index`, also from text.
    pub(super) fn number(
        &mut self,
        index: usize,
        name: &'static str,
        raw: &RawValue<'_>,
    ) -> Number {
        match raw {
            none if none.is_none() => Number::NotMeasured,
            #[expect(clippy::cast_precision_loss, reason = "such a number is out of range")]
            RawValue::Int(number) => Number::Value(*number as f64),
            #[expect(clippy::cast_precision_loss, reason = "such a number is out of range")]
            RawValue::Large(number) => Number::Value(*number as f64),
            RawValue::Float(number) => Number::Value(*number),
            RawValue::Text(text) if is_no_value(text) => Number::NotMeasured,
            // Gateways that copy from forms or spreadsheets quote every value.
            RawValue::Text(text) => match visible(text).parse::<f64>() {
                Ok(number) if number.is_finite() => {
                    self.flags.converted.insert(index);
                    Number::Value(number)
                }
                // Words that Rust parses as a number, such as "inf".
                Ok(_) => {
                    self.refuse(name, Reason::OutOfRange, text.clone());
                    Number::Refused
                }
                Err(_) => {
                    self.refuse(name, Reason::WrongType, text.clone());
                    Number::Refused
                }
            },
            // A number beyond the range of every vital, such as 1e400.
            RawValue::Damaged(json) if json.parse::<f64>().is_ok() => {
                self.refuse(name, Reason::OutOfRange, json.clone());
                Number::Refused
            }
            other => {
                self.refuse(name, Reason::WrongType, other.to_text());
                Number::Refused
            }
        }
    }

    /// Refuses unknown fields with a name that looks like one of the contract, up to a maximum:
    /// column `extra` has all of them.
    pub(super) fn unknown(&mut self, fields: &[ExtraField]) {
        let misspelt =
            fields.iter().filter(|field| field.json != "null" && is_misspelt(&field.name));
        for ExtraField { name, json } in misspelt.take(MAX_MISSPELT) {
            self.refuse(name.clone(), Reason::MisspeltField, exact::text(json));
        }
    }
}

/// The verdict on the type of a number.
#[derive(Debug, PartialEq)]
pub(super) enum Number {
    Value(f64),
    NotMeasured,
    Refused,
}

/// Degrees Celsius, rounded to hundredths.
fn celsius(fahrenheit: f64) -> f64 {
    crate::domain::rounding::round_half_up((fahrenheit - 32.0) / 1.8, 2)
}
