//! Server-sent events in the `text/event-stream` format. Compact JSON has no line break, so the
//! data of an event is one line.

use axum::body::Bytes;

use crate::wire::{Heartbeat, WardUpdate};

/// The reconnection delay of browsers: one second after a stream ends.
pub(super) const RETRY: Bytes = Bytes::from_static(b"retry: 1000\n\n");

/// A snapshot event in three chunks, so that the shared JSON is not copied.
pub(super) fn snapshot(id: u64, json: Bytes) -> [Bytes; 3] {
    let head = format!("id: {id}\nevent: snapshot\ndata: ");
    [head.into(), json, Bytes::from_static(b"\n\n")]
}

/// An update event.
pub(super) fn update(id: u64, update: &WardUpdate) -> serde_json::Result<Bytes> {
    let mut event = format!("id: {id}\nevent: update\ndata: ").into_bytes();
    serde_json::to_writer(&mut event, update)?;
    event.extend_from_slice(b"\n\n");
    Ok(event.into())
}

/// A heartbeat event. It has no id: a stream does not resume from a heartbeat.
pub(super) fn heartbeat(heartbeat: &Heartbeat) -> serde_json::Result<Bytes> {
    Ok(format!("event: heartbeat\ndata: {}\n\n", serde_json::to_string(heartbeat)?).into())
}
