//! Indented JSON that does not break deep lists over thousands of lines.

use std::io::{self, Write};

use serde_json::ser::{Formatter, PrettyFormatter};

/// Levels that are indented.
pub(super) const LEVELS: usize = 3;

/// `serde_json`'s indentation for the outer levels, nothing for the inner ones.
#[derive(Default)]
pub(super) struct Shallow {
    pretty: PrettyFormatter<'static>,
    level: usize,
}

impl Shallow {
    fn is_deep(&self) -> bool {
        self.level > LEVELS
    }
}

fn comma<W: ?Sized + Write>(out: &mut W, first: bool) -> io::Result<()> {
    if first { Ok(()) } else { out.write_all(b",") }
}

impl Formatter for Shallow {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.level += 1;
        if self.is_deep() { out.write_all(b"[") } else { self.pretty.begin_array(out) }
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
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

    use crate::registry::store::to_json;

    #[test]
    fn outer_levels_are_indented_and_inner_ones_are_not() {
        let value = json!({"a": [{"b": [1, 2, {"c": []}]}], "d": {}});
        let text = String::from_utf8(to_json(&value).unwrap()).unwrap();
        assert!(text.contains("\n      \"b\": [1,2,{\"c\": []}]\n"), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        let flat = json!({"a": [{"b": 1}], "d": {"e": {"f": 2}}});
        let pretty = serde_json::to_string_pretty(&flat).unwrap() + "\n";
        assert_eq!(to_json(&flat).unwrap(), pretty.into_bytes());
    }
}
