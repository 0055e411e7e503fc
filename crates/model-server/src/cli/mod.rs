//! The command line: `serve` (the default), `train`, `evaluate`, `release` and `rollback`.

mod command_line;
mod training;
mod evaluation;
mod approval;
mod kinds;
mod models_dir;
mod text;

pub use command_line::main;
