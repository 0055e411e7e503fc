//! `GET /status` and the gauges that say the same.

pub(crate) mod recorder;
pub(crate) mod snapshot;
pub(crate) mod retention;
