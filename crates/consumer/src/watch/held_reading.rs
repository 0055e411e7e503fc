//! A reading that waits for the state of its patient.

use vitals_core::domain::decode::{DecodeOptions, decode};

use super::received::Received;

/// A reading that is held back.
#[derive(Debug)]
pub(super) struct HeldReading {
    pub(super) partition: i32,
    pub(super) arrival_ms: i64,
    pub(super) offset: i64,
    lead_ms: i64,
    payload: Vec<u8>,
}

impl HeldReading {
    pub(super) fn new(partition: i32, received: &Received<'_>) -> Self {
        let Received { payload, offset, arrival_ms, lead_ms, .. } = received;
        let payload = payload.to_vec();
        Self { partition, arrival_ms: *arrival_ms, offset: *offset, lead_ms: *lead_ms, payload }
    }

    /// The reading as it was received.
    pub(super) fn received(&self, options: &DecodeOptions) -> Option<Received<'_>> {
        let decoded = decode(&self.payload, Some(self.arrival_ms), options).ok()?;
        Some(Received {
            decoded,
            payload: &self.payload,
            offset: self.offset,
            arrival_ms: self.arrival_ms,
            lead_ms: self.lead_ms,
        })
    }

    /// Size of the message.
    pub(super) fn bytes(&self) -> usize {
        self.payload.len()
    }
}
