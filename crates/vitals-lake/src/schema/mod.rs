//! The tables and their columns.
//!
//! A row is one message of the table's topic: a valid one, or, in the partition `rejected=true`,
//! a rejected one with its bytes and the reason. Both kinds are part of the commit that moves the
//! position past them, so every offset is in exactly one of the two.

mod column;
mod conform;
mod table_schema;
mod vitals;
mod predictions;
mod patient_context;
mod alerts;
mod model_events;
mod activity;

pub use self::{
    activity::ACTIVITY,
    alerts::ALERTS,
    conform::conform,
    model_events::MODEL_EVENTS,
    patient_context::PATIENT_CONTEXT,
    predictions::{CONTRIBUTIONS, PREDICTIONS},
    table_schema::{
        COVERS_TO, ERASED, LOST, NO_MESSAGE, REJECTED, TABLES, TOMBSTONE, Table, UNREADABLE,
        with_rejected,
    },
    vitals::VITALS,
};
