//! The table as people and programs read it, and the copy of it in a file such as the README.

use std::fmt::Write as _;
use std::path::Path;

use clap::ValueEnum;
use serde_json::json;

use super::Cell;
use super::column::Column;
use super::rows::{ROWS, Row};
use crate::case::{Outcome, Report};
use crate::error::{Context, Error, Result};

/// The marks between which the table of a file stands.
const BEGIN: &str = "<!-- matrix: begin; `make matrix` writes this table -->";
const END: &str = "<!-- matrix: end -->";

/// What a cell says that was not booted yet.
const UNKNOWN: &str = "not tried yet";
/// What a cell says for which there is no system.
const NONE: &str = "—";

/// How the table is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each cell when it ends, then the table.
    Text,
    /// The table as in the README.
    Markdown,
    /// One object for each cell.
    Json,
}

/// The results so far.
#[derive(Debug, Default)]
pub struct Table {
    results: Vec<(Cell, Outcome, f64)>,
}

impl Table {
    /// Adds the result of a cell.
    pub fn add(&mut self, cell: Cell, report: &Report) {
        self.results.push((cell, report.outcome.clone(), report.took.as_secs_f64()));
    }

    /// The results alone.
    pub fn render(&self, format: Format) -> Result<String> {
        match format {
            Format::Markdown => Ok(self.markdown(&[])),
            Format::Text => Ok(self.text()),
            Format::Json => self.json(),
        }
    }

    /// Replaces the table in a file; cells without a result keep what they say.
    pub fn write_into(&self, file: &Path) -> Result<()> {
        let text = std::fs::read_to_string(file).context(file.display())?;
        let (before, old, after) =
            parts(&text).ok_or_else(|| Error::new(format!("{} has no lines `{BEGIN}` and `{END}`", file.display())))?;
        let table = self.markdown(&read(old));
        std::fs::write(file, format!("{before}{BEGIN}\n{table}{END}{after}")).context(file.display())
    }

    fn result(&self, row: &Row, column: Column) -> Option<(&Outcome, f64)> {
        let mut found = self.results.iter().rev();
        let found = found.find(|(cell, ..)| cell.row.name == row.name && cell.column == column);
        found.map(|(_, outcome, seconds)| (outcome, *seconds))
    }

    /// What a cell says, after what it said in an older table.
    fn says(&self, row: &Row, column: Column, old: &[Old]) -> String {
        match self.result(row, column) {
            Some((Outcome::Passed, seconds)) => format!("{seconds:.0} s"),
            Some((Outcome::Failed(message), _)) => format!("fails: {}", in_cell(message)),
            Some((Outcome::Skipped(reason), _)) => format!("skipped: {}", in_cell(reason)),
            None if !column.has(row.hardware.firmware.cpu()) => NONE.to_owned(),
            None => {
                let index = Column::ALL.iter().position(|each| *each == column).unwrap_or_default();
                let old = old.iter().find(|old| old.is_of(row)).and_then(|old| old.cells.get(3 + index));
                old.filter(|cell| !cell.is_empty()).cloned().unwrap_or_else(|| UNKNOWN.to_owned())
            }
        }
    }

    fn markdown(&self, old: &[Old]) -> String {
        let titles: Vec<&str> = Column::ALL.iter().map(|column| column.title()).collect();
        let mut text = format!("| firmware | boots by | card | {} |\n|---|---|---|", titles.join(" | "));
        text.push_str(&"---|".repeat(titles.len()));
        text.push('\n');
        for row in ROWS {
            let cells: Vec<String> = Column::ALL.iter().map(|column| self.says(row, *column, old)).collect();
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| {} | {} |", head(row).join(" | "), cells.join(" | "));
        }
        text
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let names: Vec<&str> = Column::ALL.iter().map(|column| column.name()).collect();
        let _ = write!(text, "{:<22}", "");
        for name in &names {
            let _ = write!(text, "{name:<14}");
        }
        for row in ROWS.iter().filter(|row| self.results.iter().any(|(cell, ..)| cell.row.name == row.name)) {
            let _ = write!(text, "\n{:<22}", row.name);
            for column in Column::ALL {
                let says = match self.result(row, column) {
                    Some((Outcome::Passed, seconds)) => format!("{seconds:.0} s"),
                    Some((Outcome::Failed(_), _)) => "failed".to_owned(),
                    Some((Outcome::Skipped(_), _)) => "skipped".to_owned(),
                    None if column.has(row.hardware.firmware.cpu()) => String::new(),
                    None => NONE.to_owned(),
                };
                let _ = write!(text, "{says:<14}");
            }
        }
        text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    fn json(&self) -> Result<String> {
        let cells = self.results.iter().map(|(cell, outcome, seconds)| {
            let (outcome, why) = match outcome {
                Outcome::Passed => ("passed", None),
                Outcome::Failed(message) => ("failed", Some(message)),
                Outcome::Skipped(reason) => ("skipped", Some(reason)),
            };
            json!({
                "row": cell.row.name, "firmware": cell.row.firmware, "boot": cell.row.boot,
                "card": cell.row.hardware.nic.device(), "system": cell.column.name(),
                "outcome": outcome, "why": why, "seconds": (seconds * 10.0).round() / 10.0,
            })
        });
        serde_json::to_string_pretty(&cells.collect::<Vec<_>>()).context("the table")
    }
}

/// What stands for a row in the table.
fn head(row: &Row) -> [&str; 3] {
    [row.firmware, row.boot, row.hardware.nic.device()]
}

/// A message fits into a cell: one line, not endless, and no bar.
fn in_cell(message: &str) -> String {
    let line: String = message.lines().next().unwrap_or_default().replace('|', "/");
    let short: String = line.chars().take(120).collect();
    if short.len() < line.len() { short + "…" } else { short }
}

/// A row of a table that was written before.
struct Old {
    cells: Vec<String>,
}

impl Old {
    fn is_of(&self, row: &Row) -> bool {
        self.cells.iter().take(3).eq(head(row))
    }
}

/// The text before the first mark, between both, and after the second.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (between, after) = rest.split_once(END)?;
    Some((before, between, after))
}

fn read(table: &str) -> Vec<Old> {
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |")).skip(1);
    rows.map(|row| Old { cells: row.split(" | ").map(|cell| cell.trim().to_owned()).collect() }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::matrix::select;

    fn readme() -> String {
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md")).unwrap()
    }

    fn report(outcome: Outcome) -> Report {
        Report { name: "x".into(), folder: "x".into(), outcome, took: Duration::from_secs(42) }
    }

    #[test]
    fn the_readme_has_exactly_the_rows_that_are_known_and_each_cell_says_something() {
        let text = readme();
        let rows = read(parts(&text).expect("the README has both marks").1);
        assert_eq!(rows.len(), ROWS.len());
        for (old, row) in rows.iter().zip(ROWS) {
            assert!(old.is_of(row), "{:?} is not {:?}; run `make matrix`", old.cells, head(row));
            assert_eq!(old.cells.len(), 3 + Column::ALL.len(), "{}", row.name);
            assert!(old.cells.iter().all(|cell| !cell.is_empty()), "{}: run `make matrix`", row.name);
        }
    }

    #[test]
    fn a_new_result_replaces_its_cell_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("README.md");
        std::fs::write(&file, format!("before\n{BEGIN}\n{END}\nafter\n")).unwrap();
        let cells = select(&["ovmf-pxe/".to_owned()], false);
        let mut table = Table::default();
        table.add(cells[0], &report(Outcome::Passed));
        table.add(cells[1], &report(Outcome::Failed("no menu | at all\nmore".to_owned())));
        table.write_into(&file).unwrap();
        let mut again = Table::default();
        again.add(cells[1], &report(Outcome::Skipped("no ISO".to_owned())));
        again.write_into(&file).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("before\n<!--") && text.ends_with("-->\nafter\n"), "{text}");
        let row = "| UEFI x64 (OVMF 2022) | PXE | virtio-net-pci | 42 s | skipped: no ISO |";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn a_file_without_marks_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.md");
        std::fs::write(&file, "text").unwrap();
        assert!(Table::default().write_into(&file).is_err());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "text");
    }

    #[test]
    fn programs_get_the_reason_and_the_seconds() {
        let mut table = Table::default();
        table.add(select(&["seabios-pxe/archiso".to_owned()], false)[0], &report(Outcome::Skipped("why".to_owned())));
        let value: serde_json::Value = serde_json::from_str(&table.render(Format::Json).unwrap()).unwrap();
        assert_eq!((&value[0]["outcome"], &value[0]["why"]), (&json!("skipped"), &json!("why")));
        assert_eq!((&value[0]["card"], &value[0]["seconds"]), (&json!("e1000"), &json!(42.0)));
        assert!(table.render(Format::Text).unwrap().contains("seabios-pxe           skipped"));
    }
}
