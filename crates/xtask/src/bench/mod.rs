//! `cargo xtask bench`: the throughput and latency of the product, next to other systems with the
//! same input.
//!
//! Every bench prints a table and writes its figures to `target/bench/NAME.json`, one flat object.
//! Goals are printed with the measured values but not asserted, because figures depend on the
//! machine. The machine's size is therefore one of the figures.

mod cli;
mod kafka;
pub mod release;

pub mod alerts;
pub mod archive;
pub mod archive_scale;
pub mod floods;
pub mod latency;
pub mod live;
pub mod predict;
pub mod watch;

pub mod sampler;
pub mod figures;
pub mod goals;
pub mod table;

pub use self::cli::{Options, folder, run};
