//! What is committed together.

pub(crate) mod model;
pub(crate) mod builder;
pub(crate) mod encoder;
