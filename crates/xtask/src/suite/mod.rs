//! `cargo xtask test`: format, lints, unit tests, end-to-end tests, chaos, demo and browser tests,
//! ordered so that the quickest failures come first.

mod steps;
mod runner;

mod deny;
mod browser;

pub mod python;

pub use self::runner::{Options, run};

#[cfg(test)]
mod feature_tests;
