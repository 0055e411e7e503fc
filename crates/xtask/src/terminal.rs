//! Output for the developer.

use std::fmt::Arguments;
use std::io::{IsTerminal, Write};

/// Writes one line to standard output. A closed pipe is not an error.
pub fn line(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Writes an error to standard error, with its context first and its cause last.
pub fn error(error: &anyhow::Error) {
    let label = paint(Colour::Red, "error");
    let _ = writeln!(std::io::stderr().lock(), "{label}: {error:#}");
}

/// Writes a line to standard output, like `println!`, but survives a closed pipe.
#[macro_export]
macro_rules! say {
    () => { $crate::say!("") };
    ($($arg:tt)*) => { $crate::terminal::line(format_args!($($arg)*)) };
}

/// One of the 16 foreground colours of every terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of colours need no documentation")]
pub enum Colour {
    Red = 31,
    Green = 32,
    Yellow = 33,
    Blue = 34,
    Magenta = 35,
    Cyan = 36,
}

/// `text` in `colour` if standard output is coloured, otherwise plain.
#[must_use]
pub fn paint(colour: Colour, text: &str) -> String {
    if coloured() { format!("\x1b[{}m{text}\x1b[0m", colour as u8) } else { text.to_owned() }
}

/// Returns true if standard output is a terminal and `NO_COLOR` is not set
/// (<https://no-color.org>).
#[must_use]
pub fn coloured() -> bool {
    std::io::stdout().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
