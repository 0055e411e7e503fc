//! The notebook, executed from the first cell to the last.

use xtask::{command, paths, suite::python};

/// What the script ends with when there is no kernel to run cells in.
const NO_KERNEL: i32 = 3;

#[test]
#[ignore = "needs Python and the evcxr kernel; the first run compiles the model server for it"]
fn the_notebook_runs_and_says_what_it_said_before() {
    let python = python::environment().unwrap();
    let words = ["notebooks/execute.py", "notebooks/pima_training.ipynb"];
    let output = command::program(python, &paths::root(), &words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    if output.status.code() == Some(NO_KERNEL) {
        println!("NOT SEEN: {}", said.trim());
        return;
    }
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{error}");
    assert!(said.contains("every cell ran"), "{said}");
}
