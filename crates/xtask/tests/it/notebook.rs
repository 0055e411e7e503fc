//! The notebook, executed from the first to the last cell.

use xtask::{command, paths, suite::python};

/// Exit status of the script without a Jupyter kernel for Rust.
const NO_KERNEL: i32 = 3;

#[test]
#[ignore = "needs Python and the evcxr kernel; the first run compiles the model server for it"]
fn the_notebook_reproduces_its_stored_output() {
    let python = python::environment().unwrap();
    let words = ["notebooks/execute.py", "notebooks/pima_training.ipynb"];
    let output = command::program(python, &paths::root(), &words).output().unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout);
    if output.status.code() == Some(NO_KERNEL) {
        println!("NOT TESTED: {}", output_text.trim());
        return;
    }
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{output_text}{error}");
    assert!(output_text.contains("every cell ran"), "{output_text}");
}
