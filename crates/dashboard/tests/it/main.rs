//! The dashboard as a black box: the real service on a free port, with librdkafka's mock broker,
//! a real Delta table and a fake model server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod activity;
mod alarms;
mod api;
mod archived;
mod bedside;
mod event_reader;
mod history;
mod ingest;
mod live_view;
mod model_proxy;
mod pipeline;
mod statistics;
mod support;
