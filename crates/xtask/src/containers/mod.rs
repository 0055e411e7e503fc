//! The containers: images built from the Dockerfile, and `docker-compose.yml` run unchanged.
//!
//! ```text
//! Engine --> stand-ins --> Project: build, up, scale, down --> trial --> report
//! (dockerd)  (base images)  (docker-compose)                    |
//!                                          page, prediction, rows, kills, scaling, restart
//! ```
//!
//! No image has to be downloaded: the base images are stand-ins, made by debootstrap, the machine's
//! toolchains and the jars of `cargo xtask services`, under the names that the file has. An image
//! that exists already, such as the real one, is used as it is.

mod engine;
mod stand_ins;
mod project;
mod trial;
mod report;

pub use self::trial::run;

#[cfg(test)]
mod files_tests;
