//! The pure part: in the order of the data.

pub mod log_id;
pub mod offset_range;
pub mod vital;
pub mod reading;
pub mod flags;
pub mod rejection;
pub mod decode;
pub mod news2;
pub mod features;
pub mod json_number;
pub mod prediction;
