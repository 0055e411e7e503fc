//! Events as `text/event-stream` has them. JSON has no line break, so data is one line.

use axum::body::Bytes;

use crate::wire::{Heartbeat, WardUpdate};

/// Asks the browser to come back a second after a stream has ended.
pub(super) const RETRY: Bytes = Bytes::from_static(b"retry: 1000\n\n");

/// An event in three pieces, so that shared data is not copied.
pub(super) fn snapshot(id: u64, json: Bytes) -> [Bytes; 3] {
    let head = format!("id: {id}\nevent: snapshot\ndata: ");
    [head.into(), json, Bytes::from_static(b"\n\n")]
}

/// A whole event.
pub(super) fn update(id: u64, update: &WardUpdate) -> serde_json::Result<Bytes> {
    let mut event = format!("id: {id}\nevent: update\ndata: ").into_bytes();
    serde_json::to_writer(&mut event, update)?;
    event.extend_from_slice(b"\n\n");
    Ok(event.into())
}

/// Without an id: there is nothing to resume after it.
pub(super) fn heartbeat(heartbeat: &Heartbeat) -> serde_json::Result<Bytes> {
    Ok(format!("event: heartbeat\ndata: {}\n\n", serde_json::to_string(heartbeat)?).into())
}
