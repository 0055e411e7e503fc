//! `consumer replay-rejected`.

mod command;
mod judge;

pub use self::command::{Count, Counts, replay, run};
