//! Finds the entries of a boot menu on the screen, and which of them is chosen.
//!
//! Works for any menu that draws the chosen row in a style of its own: PXELINUX's `menu.c32` and `vesamenu.c32`, iPXE.

use crate::screen::{ROWS, Screen, Style};

/// A row that has the label of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Counted from the top of the screen, from 0.
    pub line: u16,
    /// The row without the box around it.
    pub label: String,
}

/// The lines that a menu draws around its rows, and blanks.
const FRAME: [char; 5] = ['│', '|', '║', ' ', '\u{a0}'];

/// The first row whose label contains `text`.
pub fn find(screen: &Screen, text: &str) -> Option<Row> {
    rows(screen).into_iter().find(|row| row.label.contains(text))
}

/// Whether every one of `labels` stands in some row.
pub fn shows(screen: &Screen, labels: &[impl AsRef<str>]) -> bool {
    let rows = rows(screen);
    labels.iter().all(|label| rows.iter().any(|row| row.label.contains(label.as_ref())))
}

/// All rows with text.
pub fn rows(screen: &Screen) -> Vec<Row> {
    let mut rows = Vec::new();
    for (line, text) in (0..ROWS).zip(screen.rows()) {
        let label = text.trim_matches(FRAME).to_owned();
        if label.chars().any(char::is_alphanumeric) {
            rows.push(Row { line, label });
        }
    }
    rows
}

/// The chosen row among the entries around `near`.
///
/// An entry is chosen when it is drawn unlike the entries next to it. `near` is a row known to be an entry; the block of
/// rows without a gap around it is the list.
pub fn chosen(screen: &Screen, near: &Row) -> Option<Row> {
    let block = block(screen, near);
    let styles: Vec<Style> = block.iter().filter_map(|row| style(screen, row)).collect();
    if styles.len() != block.len() {
        return None;
    }
    let mut odd = block.iter().zip(&styles).filter(|(_, style)| styles.iter().filter(|other| other == style).count() == 1);
    match (odd.next(), odd.next()) {
        (Some((row, _)), None) => Some(row.clone()),
        // With two entries both are unlike the other; the chosen one then is the one that is drawn inverse.
        _ => {
            let mut inverse = block.iter().zip(&styles).filter(|(_, style)| style.is_inverse());
            match (inverse.next(), inverse.next()) {
                (Some((row, _)), None) => Some(row.clone()),
                _ => None,
            }
        }
    }
}

/// The rows directly above and below `near`.
fn block(screen: &Screen, near: &Row) -> Vec<Row> {
    let rows = rows(screen);
    let Some(at) = rows.iter().position(|row| row.line == near.line) else { return Vec::new() };
    let mut first = at;
    while first > 0 && rows[first - 1].line + 1 == rows[first].line {
        first -= 1;
    }
    let mut last = at;
    while last + 1 < rows.len() && rows[last].line + 1 == rows[last + 1].line {
        last += 1;
    }
    rows[first..=last].to_vec()
}

/// How the label's last character is drawn. The first one may be a hot key, which has a color of its own.
fn style(screen: &Screen, row: &Row) -> Option<Style> {
    let text = screen.rows().get(usize::from(row.line))?.clone();
    let start = text.find(&row.label)?;
    let column = text[..start].chars().count() + row.label.chars().count().checked_sub(1)?;
    screen.style(row.line, column.try_into().ok()?)
}
