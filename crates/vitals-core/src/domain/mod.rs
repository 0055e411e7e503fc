//! The pure part: in the order of the data.

pub mod vital;

pub mod reading;

pub mod flags;

pub mod rejection;

mod wire;

mod keys;

mod scan;

pub mod decode;

pub mod news2;

pub mod features;

pub mod number;

pub mod prediction;
