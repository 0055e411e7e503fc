//! Starts the model server.

use std::process::ExitCode;

fn main() -> ExitCode {
    model_server::cli::main()
}
