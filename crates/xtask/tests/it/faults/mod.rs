//! The archive under every fault that the design names. After each, the lake's own audit is clean and
//! an independent reader finds every reading once.

mod case;
mod crash;
mod group;
mod outage;
mod setups;
mod spool;
mod storage;
