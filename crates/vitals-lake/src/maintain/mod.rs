//! Maintenance of a table: compaction of small files, a checkpoint, log cleanup, vacuum.

mod bins;
mod compact;
mod run;

pub use self::{
    compact::{Files, Merged},
    run::*,
};

#[cfg(test)]
mod tests;
