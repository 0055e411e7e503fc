//! Recognises the format of dates without a zone.

use jiff::civil::DateTime;

use super::{
    problem::Problem,
    times::{TimeCell, instant, stopwatch_ms},
};

/// Formats of dates that are recognised, day first and month first side by side.
const DATES: [&str; 19] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%y",
    "%d-%m-%y",
    "%m-%d-%y",
    "%y-%m-%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%y/%m/%d",
    "%d-%b-%Y",
    "%d %b %Y",
    "%b %d, %Y",
    "%d%b%Y",
];
/// Formats of the time behind or before a date.
const CLOCKS: [&str; 4] = ["%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p"];

/// The only format that the dates of a file without a zone have; `None` without such dates. A cell
/// that has none of the formats of the cells before does not count: it is a problem of its own.
pub(super) fn recognised_format(
    column: &str,
    cells: &[TimeCell<'_>],
) -> Result<Option<String>, Problem> {
    let is_civil =
        |cell: &&TimeCell<'_>| instant(&cell.text).is_none() && stopwatch_ms(&cell.text).is_none();
    let mut formats: Vec<String> = formats().collect();
    let mut first = None;
    let mut is_certain = true;
    for cell in cells.iter().filter(is_civil) {
        // The brackets are those of rdsamp, which writes the day first.
        if cell.text.starts_with('[') {
            return Ok(Some("%H:%M:%S%.f %d/%m/%Y".to_owned()));
        }
        let mut fitting = formats.clone();
        fitting.retain(|format| date_time(format, &cell.text).is_some());
        if fitting.is_empty() {
            continue;
        }
        let mut meanings = fitting.iter().map(|format| date_time(format, &cell.text));
        let meaning = meanings.next();
        // Several formats may read a cell alike: 05/05 is the same day in either order.
        is_certain &= meanings.all(|other| Some(other) == meaning);
        first = first.or(Some(cell));
        formats = fitting;
        if formats.len() == 1 {
            break;
        }
    }
    match first {
        None => Ok(None),
        Some(_) if formats.len() == 1 || is_certain => Ok(formats.into_iter().next()),
        Some(first) => {
            let text = format!(
                "{:?} has more than one meaning: {}; give time.format in a mapping",
                first.text,
                formats.join(" or ")
            );
            Err(Problem::of_cell(first.line, column, text))
        }
    }
}

/// Every combination of a date and a time, in both orders.
fn formats() -> impl Iterator<Item = String> {
    DATES.into_iter().flat_map(|date| {
        CLOCKS.into_iter().flat_map(move |clock| {
            [
                format!("{date} {clock}"),
                format!("{date}T{clock}"),
                format!("{date}:{clock}"),
                format!("{clock} {date}"),
            ]
        })
    })
}

/// The date and time of a cell. `%Y` also parses the year 25, which is 2025 with two digits.
pub(super) fn date_time(format: &str, cell: &str) -> Option<DateTime> {
    DateTime::strptime(format, bare(cell)).ok().filter(|time| time.year() >= 1000)
}

/// A time without the brackets of `rdsamp`.
fn bare(cell: &str) -> &str {
    cell.trim_start_matches('[').trim_end_matches(']').trim()
}
