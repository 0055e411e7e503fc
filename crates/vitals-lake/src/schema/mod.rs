//! The tables and their columns.

mod predictions;
mod table_schema;
mod vitals;

pub use self::{
    predictions::{CONTRIBUTIONS, PREDICTIONS},
    table_schema::*,
    vitals::VITALS,
};
