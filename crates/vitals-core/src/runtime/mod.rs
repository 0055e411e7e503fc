//! The part with effects: what every service is booted with.

pub mod clock;

pub mod config;

pub mod telemetry;

pub mod metrics;

pub mod kafka;

pub mod readiness;

pub mod tasks;

pub mod problem;

pub mod generated_files;

pub mod http;

mod hadoop;

pub mod service;
