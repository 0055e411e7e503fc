//! `consumer audit`.

mod command;
mod broker;
mod recount;

pub use self::{
    broker::Compared,
    command::{Options, Report, audit, run},
};
