//! A frame: the changes of one tick, shared by every subscriber.

use axum::body::Bytes;

use super::sse;
use crate::{
    ward::{Changes, newest_arrival_ms},
    wire::WardUpdate,
};

/// A numbered frame. The id orders frames relative to snapshots.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) id: u64,
    pub(super) content: FrameContent,
}

/// The content of a frame.
#[derive(Debug)]
pub(super) enum FrameContent {
    /// Changed patients: the serialized event for subscribers of the ward, and the update from
    /// which a subscriber of one patient takes its part.
    Update { event: Bytes, update: WardUpdate },
    /// A patient was removed. An update cannot express that; subscribers send a snapshot.
    Removal,
}

impl Frame {
    /// The frame for `changes` at `now_ms`, with the last sign of life of a watch that has stopped.
    pub(super) fn new(
        id: u64,
        changes: Changes,
        watch_stopped_ms: Option<i64>,
        now_ms: i64,
    ) -> serde_json::Result<Self> {
        // An update has no way to remove a patient: every subscriber starts from a new snapshot.
        if changes.removed {
            return Ok(Self { id, content: FrameContent::Removal });
        }
        let update = WardUpdate {
            server_time_ms: now_ms,
            newest_arrival_ms: newest_arrival_ms(&changes.patients),
            watch_stopped_ms,
            patients: changes.patients,
        };
        let event = sse::update(id, &update)?;
        Ok(Self { id, content: FrameContent::Update { event, update } })
    }
}
