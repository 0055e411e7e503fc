//! The cells of a file, before they are given a meaning.

use std::path::Path;

use anyhow::{Context as _, ensure};

use super::{
    line::Line,
    mapping::{Elapsed, Field, Mapping},
    names::{ColumnName, unquoted},
    problem::Problem,
    text,
    units::conversion,
};

/// A file as a table of text.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) header: Vec<ColumnName>,
    /// Units of the row below the header.
    pub(super) units: Vec<String>,
    pub(super) lines: Vec<Line>,
    /// Lines that can't be read.
    pub(super) problems: Vec<Problem>,
    /// Separator of the cells.
    pub(super) delimiter: char,
}

/// Separators that are recognised.
const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

impl Table {
    /// Reads the file at `path`; its first row is the header.
    pub(super) fn read(path: &Path, delimiter: Option<char>) -> anyhow::Result<Self> {
        Self::parse(&text::read(path)?, delimiter)
    }

    /// Parses the content of a file.
    pub(super) fn parse(text: &str, delimiter: Option<char>) -> anyhow::Result<Self> {
        // Spreadsheets name the separator in a line of its own.
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        let named = first.trim().strip_prefix("sep=").and_then(|rest| rest.chars().next());
        let delimiter = delimiter.or(named).unwrap_or_else(|| recognised_delimiter(first));
        let separator = u8::try_from(delimiter).context("the delimiter is not ASCII")?;
        // Flexible, because our own message about a wrong number of cells is clearer than csv's.
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .flexible(true)
            .has_headers(false)
            .from_reader(text.as_bytes());
        let mut numbers = LineNumbers { bytes: text.as_bytes(), at: 0, line: 1 };
        let mut table = Self {
            header: Vec::new(),
            units: Vec::new(),
            lines: Vec::new(),
            problems: Vec::new(),
            delimiter,
        };
        for (index, record) in reader.records().enumerate() {
            let record = record?;
            let byte = record.position().map_or(0, csv::Position::byte);
            let number = numbers.at(usize::try_from(byte)?);
            if index == 0 && named.is_some() {
                continue;
            }
            let line = Line::new(number, record.iter().map(unquoted));
            if line.is_blank() && line.len() == 1 {
                continue;
            }
            if table.header.is_empty() {
                table.header = line.cells().map(ColumnName::new).collect();
            } else {
                table.lines.push(line);
            }
        }
        ensure!(!table.header.is_empty(), "the file is empty");
        if numbers.has_open_quote() {
            let text = "a quotation mark is not closed: all that follows is in one cell";
            table.problems.push(Problem::of_line(numbers.line, text));
        }
        Ok(table)
    }

    /// Applies the mapping's names of columns and looks for a row of units.
    pub(super) fn prepare(&mut self, mapping: &Mapping) {
        if !mapping.header.is_empty() {
            let names = mapping.header.iter().map(|name| ColumnName::new(name)).collect();
            // The mapping's names show that the file has no header: its first row is data.
            let first = std::mem::replace(&mut self.header, names);
            self.lines.insert(0, Line::new(1, first.iter().map(|name| &name.text)));
        }
        if self.lines.first().is_some_and(|line| self.is_units(line, mapping)) {
            self.units = self.lines.remove(0).cells().map(|cell| bare(cell).to_owned()).collect();
        }
    }

    /// Returns true for a row of units: without a number, and with a unit that fits its column.
    fn is_units(&self, line: &Line, mapping: &Mapping) -> bool {
        let cells: Vec<&str> = line.cells().map(bare).collect();
        cells.iter().all(|cell| cell.parse::<f64>().is_err())
            && self.header.iter().zip(cells).any(|(name, cell)| {
                mapping.target(name).is_some_and(|target| is_unit_of(target.field, cell))
            })
    }

    /// The index of the first column with this name.
    pub(super) fn column(&self, wanted: &str) -> Option<usize> {
        self.header.iter().position(|name| name.is(wanted))
    }

    /// The unit of column `index`, from its name or the row of units.
    pub(super) fn unit(&self, index: usize) -> Option<&str> {
        let of_row = self.units.get(index).map(String::as_str);
        let unit = self.header.get(index).and_then(|name| name.unit.as_deref()).or(of_row);
        unit.filter(|unit| !unit.is_empty())
    }
}

/// Returns true if `cell` is a unit in which `field` is written.
fn is_unit_of(field: Field, cell: &str) -> bool {
    match field {
        Field::Vital(vital) => conversion(vital, cell).is_some(),
        field if field.is_time() => Elapsed::from_name(cell).is_some() || cell.starts_with("hh:mm"),
        _ => false,
    }
}

/// A unit without brackets.
fn bare(cell: &str) -> &str {
    cell.trim_matches(['(', ')', '[', ']'])
}

/// The separator that is most frequent in the first line, outside of quotes.
fn recognised_delimiter(first: &str) -> char {
    let mut is_quoted = false;
    let mut counts = [0; DELIMITERS.len()];
    for c in first.chars() {
        is_quoted ^= c == '"';
        for (count, delimiter) in counts.iter_mut().zip(DELIMITERS) {
            *count += u32::from(!is_quoted && c == delimiter);
        }
    }
    // Of equally frequent ones the first, so a file with a single column has commas.
    let most = counts.iter().max().copied().unwrap_or(0);
    let index = counts.iter().position(|count| *count == most).unwrap_or(0);
    DELIMITERS[index]
}

/// Numbers of lines as an editor counts them: csv's own count does not see the empty lines before a
/// record, nor the line feed behind a carriage return.
struct LineNumbers<'a> {
    bytes: &'a [u8],
    /// Start of the last record.
    at: usize,
    /// Line of the last record.
    line: u64,
}

impl LineNumbers<'_> {
    /// The line of the record that begins at `byte` or behind the ends of lines there.
    fn at(&mut self, byte: usize) -> u64 {
        let ends = self.bytes[byte..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
        let start = byte + ends.count();
        let passed = &self.bytes[self.at..start];
        let feeds = passed.iter().filter(|byte| **byte == b'\n').count();
        // A carriage return alone ends a line too.
        let returns = passed.iter().filter(|byte| **byte == b'\r').count();
        let pairs = passed.windows(2).filter(|pair| *pair == b"\r\n").count();
        self.line += (feeds + returns - pairs) as u64;
        self.at = start;
        self.line
    }

    /// Returns true if the last record spans lines and has a quotation mark without its partner.
    fn has_open_quote(&self) -> bool {
        let last = self.bytes[self.at..].trim_ascii_end();
        last.contains(&b'\n') && last.iter().filter(|byte| **byte == b'"').count() % 2 == 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(text: &str) -> Vec<(u64, Vec<String>)> {
        let table = Table::parse(text, None).unwrap();
        let cells = |line: &Line| line.cells().map(str::to_owned).collect();
        table.lines.iter().map(|line| (line.number, cells(line))).collect()
    }

    #[test]
    fn lines_are_numbered_as_in_an_editor() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "1,2", "", "3,\"x", "y\"", "  ", "5,6", ""].join(end);
            let lines: Vec<_> = numbered(&text).iter().map(|(number, _)| *number).collect();
            assert_eq!(lines, [2, 4, 7], "{end:?}");
        }
    }

    #[test]
    fn separators_are_recognised() {
        for text in ["a,b\n1,2\n", "a;b\n1;2\n", "a\tb\n1\t2\n", "a|b\n1|2\n", "sep=;\na;b\n1;2\n"]
        {
            let cells = numbered(text).remove(0).1;
            assert_eq!(cells, ["1", "2"], "{text:?}");
        }
        assert_eq!(numbered("\"a;b\",c\n'1',\" 2 \"\n")[0].1, ["1", "2"]);
    }

    #[test]
    fn an_open_quote_is_a_problem() {
        let table = Table::parse("a,b\n1,2\n3,\"x\n4,5\n6,7\n", None).unwrap();
        assert_eq!(table.problems[0].line, 3);
        assert!(Table::parse("a,b\n5\",2\n3,\"x\ny\"\n", None).unwrap().problems.is_empty());
    }
}
