//! The checks of `demo --check`: readings are produced, archived and served live, and a prediction
//! is returned. Each observes the running services from outside and is repeated until it succeeds.

mod checklist;

mod pipeline;
mod page;
pub(crate) mod live;

pub(super) use self::checklist::Checklist;
