//! The result of decoding: a reading with a verdict on each of its vitals.

use crate::domain::{flags::Flags, reading::Reading, refused::Refused, vital::Vital};

/// A valid reading with the verdicts on its fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded<'a> {
    /// The reading. A refused field is absent from it.
    pub reading: Reading<'a>,
    /// Doubts about values, conversions, and conditions of the source.
    pub flags: Flags,
    /// The device's time, ms since the epoch, if the reading is placed at its arrival instead.
    pub device_time_ms: Option<i64>,
    /// The refused fields, in no particular order.
    pub refused: Vec<Refused>,
    /// The unknown fields, in the order of the message. A repeated one is there repeatedly.
    pub extra: Vec<ExtraField>,
}

/// An unknown field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraField {
    /// The name.
    pub name: String,
    /// The value as sent, in JSON. It is text, so that a number keeps all of its digits.
    pub json: String,
}

/// The verdict on a vital of a reading.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict<'a> {
    /// Measured, in the vital's unit.
    Measured(f64),
    /// Absent, or a mark for "no value".
    NotMeasured,
    /// Implausible or ambiguous: kept and shown with a mark, not scored.
    Doubted(f64),
    /// Refused, with the reason.
    Refused(&'a Refused),
}

impl<'a> Decoded<'a> {
    /// A reading without doubts.
    #[must_use]
    pub fn new(reading: Reading<'a>) -> Self {
        Self {
            reading,
            flags: Flags::default(),
            device_time_ms: None,
            refused: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// The verdict on `vital`.
    #[must_use]
    pub fn verdict(&self, vital: Vital) -> Verdict<'_> {
        let refused = self.refused.iter().find(|refused| refused.field == vital.name());
        match (self.reading.vitals.get(vital), refused) {
            (Some(value), _) if self.flags.is_doubted(vital) => Verdict::Doubted(value),
            (Some(value), _) => Verdict::Measured(value),
            (None, Some(refused)) => Verdict::Refused(refused),
            (None, None) => Verdict::NotMeasured,
        }
    }

    /// The unknown fields as JSON; `None` without any.
    #[must_use]
    pub fn extra_json(&self) -> Option<String> {
        if self.extra.is_empty() {
            return None;
        }
        let mut object = String::from("{");
        for (index, field) in self.extra.iter().enumerate() {
            if index > 0 {
                object.push(',');
            }
            // Text always serialises.
            object.push_str(&serde_json::to_string(&field.name).ok()?);
            object.push(':');
            object.push_str(&field.json);
        }
        object.push('}');
        Some(object)
    }
}
