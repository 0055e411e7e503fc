//! The observations that `demo --check` requires: readings produced, archived and served live, and
//! a prediction returned. Each is made on the running services from outside and repeated until it
//! succeeds.

mod checklist;

mod pipeline;
mod page;
mod live;

pub(super) use self::checklist::Checklist;
