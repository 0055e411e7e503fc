//! `cargo xtask bench`: the throughput and latency of the product, next to other systems with the
//! same input.
//!
//! Every bench prints tables and writes its figures to `target/bench/NAME.json`, one flat object.
//! No figure is asserted: figures depend on the machine, so the machine's size is among them.

mod cli;
pub mod release;

pub mod archive;
pub mod latency;
pub mod predict;

pub mod sampler;
pub mod figures;
pub mod table;

pub use self::cli::{Options, folder, run};
