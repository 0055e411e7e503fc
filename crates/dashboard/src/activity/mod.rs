//! The activity log: accesses to the views, by whom and from where.
//!
//! ```text
//! handler --Caller, Access--> ActivityLog --Repeats--> Publisher --> topic `audit` --> consumer --> lake
//!              ^                                                          |                         |
//!     CallerPolicy: trusted proxies                               Recent (newest events)     ActivityClient
//! ```
//!
//! Best effort: no view waits for the log. While Kafka is away, events wait in the client's bounded
//! queue; beyond it they are dropped and counted.

mod caller;
mod access;
mod repeats;
mod topic;
mod publisher;
mod log;
mod filter;
mod recent;

pub use self::{
    access::Access,
    caller::{Caller, CallerPolicy},
    filter::ActivityFilter,
    log::ActivityLog,
    recent::{RECENT_EVENTS, Recent},
};
