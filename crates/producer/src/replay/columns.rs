//! The columns of a table, bound to the fields of a reading.

use super::{
    mapping::{Elapsed, Field, Mapping, Target},
    names::ColumnName,
    problem::Problem,
    table::Table,
    units::conversion,
};

/// A column with its target.
#[derive(Debug)]
pub(super) struct Column {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) target: Target,
}

/// The columns of a table.
#[derive(Debug)]
pub(super) struct Columns {
    /// The column of times, or a date and a time.
    pub(super) time: Vec<Column>,
    /// The columns of values, in the order of the file; those of a long table are its parameters.
    pub(super) values: Vec<Column>,
    /// The columns of parameter and value of a long table.
    pub(super) long: Option<(usize, usize)>,
    /// Names of the columns without a field.
    pub(super) unused: Vec<String>,
    /// Unit of the times, from the header.
    pub(super) elapsed: Option<Elapsed>,
}

impl Columns {
    /// Binds the columns of `table`; problems of the header go to `problems`.
    pub(super) fn bind(table: &Table, mapping: &Mapping, problems: &mut Vec<Problem>) -> Self {
        let mut columns = Self {
            time: Vec::new(),
            values: Vec::new(),
            long: None,
            unused: Vec::new(),
            elapsed: None,
        };
        for (index, name) in table.header.iter().enumerate() {
            match mapping.target(name) {
                Some(target) => {
                    let unit = table.unit(index);
                    match with_unit(target, unit, &name.text) {
                        Ok(target) => columns.add(index, name, target, unit, problems),
                        Err(problem) => problems.push(problem),
                    }
                }
                None if !name.text.is_empty() => columns.unused.push(name.text.clone()),
                None => columns.add_nameless(index, table),
            }
        }
        if let Some(long) = &mapping.long {
            columns.bind_long(table, &long.name, &long.value, problems);
        }
        // Last, when every column has been bound or is known to be unused.
        columns.require(problems);
        columns
    }

    fn add(
        &mut self,
        index: usize,
        name: &ColumnName,
        target: Target,
        unit: Option<&str>,
        problems: &mut Vec<Problem>,
    ) {
        let column = Column { index, name: name.text.clone(), target };
        if target.field.is_time() {
            self.elapsed = self.elapsed.or_else(|| Elapsed::from_name(unit?));
            self.add_time(column);
            return;
        }
        let other = self.values.iter().find(|other| {
            other.target.field == target.field && other.target.source == target.source
        });
        let Some(other) = other else {
            self.values.push(column);
            return;
        };
        if !matches!(target.field, Field::Vital(_)) {
            // Exports name a patient twice, such as by subject and stay: the first is used.
            self.unused.push(column.name);
        } else if other.name == column.name {
            problems.push(Problem::of_line(1, format!("duplicate column {:?}", column.name)));
        } else {
            let text = format!(
                "columns {:?} and {:?} are both {}",
                other.name,
                column.name,
                target.field.name()
            );
            problems.push(Problem::of_line(1, text));
        }
    }

    /// Adds a column of times: the first one, or a date and a time beside each other.
    fn add_time(&mut self, column: Column) {
        let is_used = match self.time.as_slice() {
            [] => true,
            [first] => matches!(
                (first.target.field, column.target.field),
                (Field::Date, Field::Time) | (Field::Time, Field::Date)
            ),
            _ => false,
        };
        if is_used {
            self.time.push(column);
        } else {
            self.unused.push(column.name);
        }
    }

    /// A column without a name is worth a note only if it has values.
    fn add_nameless(&mut self, index: usize, table: &Table) {
        if table.lines.iter().any(|line| !line.cell(index).is_empty()) {
            self.unused.push(format!("column {} without a name", index + 1));
        }
    }

    fn bind_long(&mut self, table: &Table, name: &str, value: &str, problems: &mut Vec<Problem>) {
        match (table.column(name), table.column(value)) {
            (Some(name), Some(value)) => {
                self.unused.retain(|unused| {
                    unused != &table.header[name].text && unused != &table.header[value].text
                });
                self.long = Some((name, value));
            }
            _ => {
                let text = format!("no columns {name:?} and {value:?}, as the mapping has them");
                problems.push(Problem::of_line(1, text));
            }
        }
    }

    fn require(&self, problems: &mut Vec<Problem>) {
        if self.time.is_empty() {
            problems.push(Problem::of_line(1, "no column with a timestamp"));
        }
        let has_vital =
            self.values.iter().any(|column| matches!(column.target.field, Field::Vital(_)));
        // A long table names its vitals in its lines.
        if !has_vital && self.long.is_none() {
            problems.push(Problem::of_line(1, "no column with a vital"));
        }
    }

    /// Returns true if a column has the patient.
    pub(super) fn has_patient(&self) -> bool {
        self.values.iter().any(|column| column.target.field == Field::PatientId)
    }
}

/// `target` with the conversion of the file's `unit`, unless the mapping gives one.
pub(super) fn with_unit(
    target: Target,
    unit: Option<&str>,
    column: &str,
) -> Result<Target, Problem> {
    let (Field::Vital(vital), Some(unit), false) = (target.field, unit, target.has_unit) else {
        return Ok(target);
    };
    match conversion(vital, unit) {
        Some(conversion) => Ok(Target { conversion, ..target }),
        None => {
            let text = format!("unit {unit:?} is none of {}; give it in a mapping", vital.name());
            Err(Problem::of_cell(1, column, text))
        }
    }
}
