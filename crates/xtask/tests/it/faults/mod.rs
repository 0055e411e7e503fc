//! The archive under faults. After each test the lake's own audit is clean, and an independent reader
//! finds every reading exactly once.

mod case;

mod crash;
mod spool;
mod outage;
mod storage;
mod group;
mod setups;
