//! The dashboard from outside: the real service on a free port, with librdkafka's built-in
//! broker, a real Delta table and a stand-in for the model server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod api;
mod events;
mod feed;
mod history;
mod live;
mod model;
mod support;
