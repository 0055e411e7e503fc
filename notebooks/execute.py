"""Runs a notebook headless, from the first cell to the last, in the evcxr kernel.

    pip install nbclient
    cargo install evcxr_jupyter --locked
    python notebooks/execute.py notebooks/pima_training.ipynb [--save]

`--save` keeps the outputs in the notebook. Without it they must be those that are kept already,
as far as they are text. Ends with status 3 when the kernel is not installed, and with 1 when a
cell fails or says something else than before.

What the kernel compiles stays in `target/notebook`: the first run takes as long as a build.
"""

import json
import os
import pathlib
import shutil
import sys
import tempfile

import nbformat
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).resolve().parent.parent
NO_KERNEL = 3
# The first cell compiles the project and everything below it.
SECONDS_PER_CELL = 3600
# Only the crates that compute are optimised, as in the project's tests: the kernel would optimise all.
CARGO_CONFIG = """\
[profile.dev]
opt-level = 0

[profile.dev.package]
argmin.opt-level = 2
argmin-math.opt-level = 2
forust-ml.opt-level = 3
linfa-logistic.opt-level = 3
model-server.opt-level = 2
ndarray.opt-level = 3
"""


def kernel():
    """The kernel's program: on the PATH, or where `cargo install --root target/evcxr` puts it."""
    own = ROOT / "target/evcxr/bin/evcxr_jupyter"
    return os.environ.get("EVCXR_JUPYTER") or shutil.which("evcxr_jupyter") or (
        str(own) if own.exists() else None
    )


def register(program, folder):
    """A kernel specification for this run only; nothing is written to the home folder."""
    spec = pathlib.Path(folder) / "kernels/rust"
    spec.mkdir(parents=True)
    content = {
        "argv": [program, "--control_file", "{connection_file}"],
        "display_name": "Rust",
        "language": "rust",
        "interrupt_mode": "message",
    }
    (spec / "kernel.json").write_text(json.dumps(content))
    os.environ["JUPYTER_PATH"] = folder


def prepare_build():
    """The kernel's folder, below Cargo's settings for what it compiles."""
    folder = ROOT / "target/notebook"
    (folder / ".cargo").mkdir(parents=True, exist_ok=True)
    (folder / ".cargo/config.toml").write_text(CARGO_CONFIG)
    build = folder / "build"
    build.mkdir(exist_ok=True)
    os.environ["EVCXR_TMPDIR"] = str(build)


def said(cell):
    """What a cell printed or showed, as text; pictures and compiler chatter are left out."""
    texts = []
    for output in cell.get("outputs", []):
        if output.get("name") == "stdout":
            texts.append(output["text"])
        data = output.get("data", {})
        texts += [data[kind] for kind in ("text/html", "text/markdown") if kind in data]
    return "".join("".join(text) for text in texts).strip()


def execute(path, save):
    notebook = nbformat.read(path, as_version=4)
    before = [said(cell) for cell in notebook.cells]
    NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        startup_timeout=120,
        kernel_name="rust",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    after = [said(cell) for cell in notebook.cells]
    if save:
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
            if cell.cell_type == "code":
                # The compiler's progress, which differs from run to run.
                cell.outputs = [o for o in cell.outputs if o.get("name") != "stderr"]
        nbformat.write(notebook, path)
        return
    for number, (old, new) in enumerate(zip(before, after), 1):
        if old != new:
            sys.exit(f"{path.name}: cell {number} says something else than before:\n{new}")


def main():
    paths = [pathlib.Path(word).resolve() for word in sys.argv[1:] if not word.startswith("--")]
    program = kernel()
    if program is None:
        print("the evcxr kernel is not installed: cargo install evcxr_jupyter --locked")
        sys.exit(NO_KERNEL)
    prepare_build()
    with tempfile.TemporaryDirectory() as folder:
        register(program, folder)
        for path in paths:
            execute(path, "--save" in sys.argv)
            print(f"{path.name}: every cell ran")


main()
