//! A line of a file.

/// The cells of a line with its number, from 1. One allocation holds all cells: a recording has
/// millions of them.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) number: u64,
    text: Box<str>,
    /// End of each cell in `text`.
    ends: Box<[usize]>,
}

impl Line {
    pub(super) fn new<T: AsRef<str>>(number: u64, cells: impl IntoIterator<Item = T>) -> Self {
        // One text for all cells: a string for each would double the memory of a large recording.
        let mut text = String::new();
        let mut ends = Vec::new();
        for cell in cells {
            text.push_str(cell.as_ref());
            ends.push(text.len());
        }
        Self { number, text: text.into(), ends: ends.into() }
    }

    /// Number of cells.
    pub(super) const fn len(&self) -> usize {
        self.ends.len()
    }

    /// The cell at `index`, empty behind the last one.
    pub(super) fn cell(&self, index: usize) -> &str {
        let Some(end) = self.ends.get(index) else { return "" };
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..*end]
    }

    /// The cells in the order of the file.
    pub(super) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.cell(index))
    }

    /// Returns true if every cell is empty.
    pub(super) const fn is_blank(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns true if the line has the cells of a header with `width` columns. Separators at the
    /// end of a line make empty cells, which do not count.
    pub(super) fn has_width(&self, width: usize) -> bool {
        self.len() >= width && (width..self.len()).all(|index| self.cell(index).is_empty())
    }
}
