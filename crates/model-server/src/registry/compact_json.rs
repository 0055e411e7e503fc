//! Indented JSON whose deeply nested values stay on one line.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{
    Serializer,
    ser::{Formatter, PrettyFormatter},
};

/// Number of indented levels.
const INDENTED_LEVELS: usize = 3;

/// Encodes a value as it is saved: keys in the order of the struct, a newline at the end, outer
/// levels indented. Values nested deeper than [`INDENTED_LEVELS`] stay on one line, so that a tree
/// is a line.
pub(super) fn to_json(value: &impl Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, CompactFormatter::default());
    value.serialize(&mut serializer)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Indents the outer levels as `serde_json` does, and nothing inside them.
#[derive(Default)]
struct CompactFormatter {
    pretty: PrettyFormatter<'static>,
    level: usize,
}

impl CompactFormatter {
    fn is_deep(&self) -> bool {
        self.level > INDENTED_LEVELS
    }
}

fn comma<W: ?Sized + Write>(out: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { out.write_all(b",") }
}

impl Formatter for CompactFormatter {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.level += 1;
        if self.is_deep() { out.write_all(b"[") } else { self.pretty.begin_array(out) }
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        // Read before the level changes: the bracket belongs to the level it closes.
        let deep = self.is_deep();
        self.level -= 1;
        if deep { out.write_all(b"]") } else { self.pretty.end_array(out) }
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.level += 1;
        if self.is_deep() { out.write_all(b"{") } else { self.pretty.begin_object(out) }
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        let deep = self.is_deep();
        self.level -= 1;
        if deep { out.write_all(b"}") } else { self.pretty.end_object(out) }
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if self.is_deep() { comma(out, first) } else { self.pretty.begin_array_value(out, first) }
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if self.is_deep() { comma(out, first) } else { self.pretty.begin_object_key(out, first) }
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if self.is_deep() { Ok(()) } else { self.pretty.end_array_value(out) }
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        if self.is_deep() { Ok(()) } else { self.pretty.end_object_value(out) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::to_json;

    #[test]
    fn only_outer_levels_are_indented() {
        let value = json!({"a": [{"b": [1, 2, {"c": []}]}], "d": {}});
        let text = String::from_utf8(to_json(&value).unwrap()).unwrap();
        assert!(text.contains("\n      \"b\": [1,2,{\"c\": []}]\n"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        let flat = json!({"a": [{"b": 1}], "d": {"e": {"f": 2}}});
        let pretty = serde_json::to_string_pretty(&flat).unwrap() + "\n";
        assert_eq!(to_json(&flat).unwrap(), pretty.into_bytes());
    }
}
