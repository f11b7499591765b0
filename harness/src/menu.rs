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

/// What a menu draws around its rows: lines, a scroll bar, blanks.
const FRAME: [char; 6] = ['│', '|', '║', '▒', ' ', '\u{a0}'];

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

/// The chosen row: the only one that is drawn unlike the rows next to it.
///
/// The rows next to each other without a gap are a list. A list with two rows tells nothing by itself, because each is
/// unlike the other; there the chosen row is the one that is drawn inverse.
pub fn chosen(screen: &Screen) -> Option<Row> {
    let mut found = lists(screen).into_iter().filter_map(|list| odd_one(screen, list));
    match (found.next(), found.next()) {
        (Some(row), None) => Some(row),
        _ => None,
    }
}

fn odd_one(screen: &Screen, list: Vec<Row>) -> Option<Row> {
    let rows: Vec<(Row, Style)> =
        list.into_iter().filter_map(|row| style(screen, &row).map(|style| (row, style))).collect();
    let alike = |style: &Style| rows.iter().filter(|(_, other)| other == style).count();
    let alone = |wanted: &dyn Fn(&Style) -> bool| {
        let mut odd = rows.iter().filter(|(_, style)| wanted(style));
        match (odd.next(), odd.next()) {
            (Some((row, _)), None) => Some(row.clone()),
            _ => None,
        }
    };
    if rows.len() > 2 { alone(&|style| alike(style) == 1) } else { alone(&|style| style.is_inverse()) }
}

/// The rows of the screen, parted where there is a gap between them.
fn lists(screen: &Screen) -> Vec<Vec<Row>> {
    let mut lists: Vec<Vec<Row>> = Vec::new();
    for row in rows(screen) {
        match lists.last_mut() {
            Some(list) if list.last().is_some_and(|last| last.line + 1 == row.line) => list.push(row),
            _ => lists.push(vec![row]),
        }
    }
    lists
}

/// How the label's last character is drawn. The first one may be a hot key, which has a color of its own.
fn style(screen: &Screen, row: &Row) -> Option<Style> {
    let text = screen.rows().get(usize::from(row.line))?.clone();
    let start = text.find(&row.label)?;
    let column = text[..start].chars().count() + row.label.chars().count().checked_sub(1)?;
    screen.style(row.line, column.try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What QEMU's serial port gave for a stand-in of today's Arch medium, up to the menu.
    const RECORDED: &[u8] = include_bytes!("menu/archiso.bytes");

    fn recorded() -> Screen {
        let mut screen = Screen::default();
        screen.feed(RECORDED);
        screen
    }

    #[test]
    fn the_recorded_menu_has_its_rows_and_the_first_is_chosen() {
        let screen = recorded();
        let labels: Vec<String> = rows(&screen).into_iter().map(|row| row.label).collect();
        assert_eq!(labels[0], "Arch Linux");
        assert_eq!(labels[1], "Arch Linux install medium (x86_64, NBD)");
        assert_eq!(labels[7], "Reboot");
        assert!(shows(&screen, &["(x86_64, HTTP)", "Boot existing OS", "Reboot"]));
        assert!(!shows(&screen, &["(x86_64, HTTP)", "Power Off"]));
        assert_eq!(chosen(&screen).unwrap().label, labels[1]);
        assert_eq!(find(&screen, "HTTP").unwrap().line, chosen(&screen).unwrap().line + 2);
    }

    #[test]
    fn the_choice_is_followed_when_the_menu_redraws_two_rows() {
        let mut screen = recorded();
        // Recorded after the key for down; the row's other half, the box, is not drawn again.
        screen.feed(b"\x1b[14;5H\x1b[0;36;40m\x0ex\x0f\x1b[0;37;40m Arch Linux install medium (x86_64, NBD) ");
        screen.feed(b"\x1b[15;5H\x1b[0;36;40m\x0ex\x0f\x1b[0;7;37;40m Arch Linux install medium (x86_64, NFS) ");
        assert_eq!(chosen(&screen).unwrap().label, "Arch Linux install medium (x86_64, NFS)");
    }

    #[test]
    fn of_two_rows_the_inverse_one_is_chosen() {
        let mut screen = Screen::default();
        screen.feed(b"\x1b[5;1Hfirst\x1b[6;1H\x1b[7msecond\x1b[m");
        assert_eq!(chosen(&screen).unwrap().label, "second");
    }

    #[test]
    fn a_menu_in_colors_alone_is_read_too_and_a_plain_list_has_no_choice() {
        let mut screen = Screen::default();
        screen.feed(b"\x1b[1;1H\x1b[37;44mone\x1b[2;1H\x1b[37;41mtwo\x1b[3;1H\x1b[37;44mthree\x1b[m");
        assert_eq!(chosen(&screen).unwrap().label, "two");
        let mut plain = Screen::default();
        plain.feed(b"\x1b[1;1Hone\x1b[2;1Htwo\x1b[3;1Hthree");
        assert_eq!(chosen(&plain), None);
    }
}
