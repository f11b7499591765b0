//! Every firmware that QEMU on Debian runs, with every kind of system: a table of boots.
//!
//! [`rows`] are firmware, way of booting and network card; [`mod@column`]s are the systems. A cell is one boot from power-on
//! to a shell, judged from inside the system and from the cable (`cell.rs`).

mod cell;
pub mod column;
pub mod rows;
pub mod table;

pub use cell::to_the_menu;

use std::path::Path;

use crate::bench::Options;
use crate::case::Summary;
use crate::error::{Error, Result};
use crate::{evidence, runner};
use column::Column;
use rows::Row;
use table::{Format, Table};

/// One boot of the table.
#[derive(Debug, Clone, Copy)]
pub struct Cell {
    /// What starts the PC.
    pub row: &'static Row,
    /// What it ends in.
    pub column: Column,
}

impl Cell {
    /// Its name: the row's and the column's.
    pub fn name(self) -> String {
        format!("{}/{}", self.row.name, self.column.name())
    }
}

/// The cells whose names contain one of `filters`, row by row. Without a filter all, or those of the cut.
pub fn select(filters: &[String], cut: bool) -> Vec<Cell> {
    let all = rows::ROWS.iter().flat_map(|row| Column::ALL.into_iter().map(move |column| Cell { row, column }));
    let wanted = |cell: &Cell| {
        cell.column.has(cell.row.hardware.firmware.cpu())
            && (!cut || cell.row.cut.contains(&cell.column))
            && (filters.is_empty() || filters.iter().any(|filter| cell.name().contains(filter.as_str())))
    };
    all.filter(wanted).collect()
}

/// Boots the cells one after the other, prints the table, and says whether nothing failed.
///
/// With `into`, the table between the marks of that file gets the new results; cells that were not booted stay.
pub fn run(cells: &[Cell], options: &Options, root: &Path, format: Format, into: Option<&Path>) -> Result<bool> {
    if cells.is_empty() {
        return Err(Error::new("no cell of the matrix has a name like that; `matrix --list` shows them"));
    }
    let run = evidence::new_run(root)?;
    let mut table = Table::default();
    let mut reports = Vec::new();
    for cell in cells {
        // The names become folders.
        let name = cell.name().replace('/', "-");
        let report = runner::run_case(&name, &|bench| cell::boot(bench, *cell), options, &run, false)?;
        if format == Format::Text {
            runner::print(&report.to_string())?;
        }
        table.add(*cell, &report);
        reports.push(report);
        // After each one, so that a run that is broken off leaves what it has shown.
        if let Some(file) = into {
            table.write_into(file)?;
        }
    }
    runner::print(&table.render(format)?)?;
    let summary = Summary::of(&reports);
    if format == Format::Text {
        runner::print(&format!("evidence {}", run.canonicalize().unwrap_or(run).display()))?;
        runner::print(&summary.to_string())?;
    }
    Ok(summary.is_good())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::firmware::Cpu;

    #[test]
    fn filters_are_parts_of_the_names_of_cells_and_the_cut_is_a_part_of_all() {
        let all = select(&[], false);
        let cut = select(&[], true);
        assert!(cut.len() < all.len() && !cut.is_empty());
        assert_eq!(select(&["ovmf-http/archiso".to_owned()], false).len(), 1);
        assert!(select(&["windows".to_owned()], false).is_empty());
    }

    #[test]
    fn systems_for_pcs_are_not_booted_by_other_processors() {
        let foreign = |cell: &&Cell| cell.row.hardware.firmware.cpu() == Cpu::Arm64;
        assert!(select(&[], false).iter().filter(foreign).all(|cell| cell.column == Column::KernelLine));
    }
}
