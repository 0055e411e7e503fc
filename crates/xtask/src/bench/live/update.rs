//! The readings of a live event, found without parsing it.
//!
//! A hundred clients receive some 150 MB/s. Parsing that would take the processor time that the
//! dashboard is measured on.

/// The readings that an event `snapshot` or `update` carries: the patient's id and the time of the
/// last reading, ms since the epoch.
pub(super) fn readings(event: &str) -> impl Iterator<Item = (&str, i64)> {
    event.split(r#""patient_id":""#).skip(1).filter_map(|patient| {
        let (id, rest) = patient.split_once('"')?;
        let (_, time) = rest.split_once(r#""last_time_ms":"#)?;
        let (time_ms, _) = time.split_once(',')?;
        Some((id, time_ms.parse().ok()?))
    })
}

/// Bytes of a stream, cut into events.
#[derive(Debug, Default)]
pub(super) struct Events {
    pending: Vec<u8>,
}

impl Events {
    /// Appends a chunk. Returns the events that are complete.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Option<Vec<u8>> {
        self.pending.extend_from_slice(chunk);
        // From the end, where a chunk usually completes an event.
        let end = self.pending.windows(2).rposition(|pair| pair == b"\n\n")? + 2;
        let rest = self.pending.split_off(end);
        Some(std::mem::replace(&mut self.pending, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patient_of_an_update_has_its_last_reading() {
        let event = concat!(
            r#"id: 7\nevent: update\ndata: {"server_time_ms":9,"patients":["#,
            r#"{"patient_id":"a","devices":[{"last_arrival_ms":3}],"last_time_ms":1,"readings":1},"#,
            r#"{"patient_id":"b","devices":[],"last_time_ms":2,"readings":4}]}"#,
        );
        assert_eq!(readings(event).collect::<Vec<_>>(), [("a", 1), ("b", 2)]);
        assert_eq!(readings(r#"data: {"server_time_ms":9}"#).count(), 0);
    }

    #[test]
    fn events_may_span_chunks() {
        let mut events = Events::default();
        assert_eq!(events.push(b"data: 1\n"), None);
        assert_eq!(
            events.push(b"\ndata: 2\n\nda").as_deref(),
            Some(&b"data: 1\n\ndata: 2\n\n"[..])
        );
        assert_eq!(events.push(b"ta: 3\n\n").as_deref(), Some(&b"data: 3\n\n"[..]));
    }
}
