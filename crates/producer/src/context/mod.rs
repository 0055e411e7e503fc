//! `producer context`: reads and writes patient contexts, until the dashboard can.
//!
//! ```text
//! show: topic -> contexts -> stdout
//! set:  topic -> contexts -> change -> topic
//! delete: tombstone -> topic
//! ```

mod change;
mod command;
mod topic;

pub(crate) use self::topic::{CONTEXT_PROPERTIES, ContextTopic};
pub use self::{
    change::SetArgs,
    command::{ContextCommand, DeleteArgs, ShowArgs, run},
};
