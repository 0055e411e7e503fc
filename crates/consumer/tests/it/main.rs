//! The consumer against librdkafka's mock broker and a local lake.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod activity;
mod archive;
mod erase;
mod faults;
mod fetch_errors;
mod floods;
mod logs;
mod lost_lake;
mod outage;
mod predictions;
mod model_events;
mod repair;
mod patient_context;
mod process;
mod records;
mod tools;
mod running_consumer;
mod verdicts;
mod wait;
mod watch;
mod watch_actions;
mod watch_history;
mod watch_members;
mod watch_moves;
mod watch_observed;
mod watch_ownership;
mod watch_restart;
mod watch_world;
mod world;
