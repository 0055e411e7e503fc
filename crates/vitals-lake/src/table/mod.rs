//! The lake's root, and its tables: opened, or created where they are missing.

mod lake;

pub use self::lake::Lake;
