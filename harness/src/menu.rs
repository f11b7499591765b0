//! Finds the entries of a boot menu on the screen, and which of them is chosen.
//!
//! Works for any menu that draws the chosen row on a ground of its own: PXELINUX's `menu.c32` and `vesamenu.c32`, iPXE.

use crate::screen::{Ground, ROWS, Screen};

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

/// The chosen row: the only one whose ground is unlike that of the rows next to it.
///
/// The rows next to each other without a gap are a list. A list with one or two rows tells nothing by itself; there the
/// chosen row is the one whose ground is unlike that of the line above, which is the frame or the page.
pub fn chosen(screen: &Screen) -> Option<Row> {
    let mut found = lists(screen).into_iter().filter_map(|list| odd_one(screen, list));
    match (found.next(), found.next()) {
        (Some(row), None) => Some(row),
        _ => None,
    }
}

fn odd_one(screen: &Screen, list: Vec<Row>) -> Option<Row> {
    let grounds: Vec<Option<Ground>> = list.iter().map(|row| ground(screen, row)).collect();
    let first = list.first()?;
    let above = first.line.checked_sub(1).and_then(|line| screen.ground(line, column(screen, first)?));
    let is_odd = |ground: &Option<Ground>| match grounds.len() {
        0..=2 => above.is_some() && *ground != above,
        _ => grounds.iter().filter(|other| *other == ground).count() == 1,
    };
    let mut odd = list.iter().zip(&grounds).filter(|(_, ground)| is_odd(ground));
    match (odd.next(), odd.next()) {
        (Some((row, _)), None) => Some(row.clone()),
        _ => None,
    }
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

/// What the label's last character is drawn on. The first one may be a hot key, which has colors of its own.
fn ground(screen: &Screen, row: &Row) -> Option<Ground> {
    screen.ground(row.line, column(screen, row)?)
}

/// Where the label's last character is.
fn column(screen: &Screen, row: &Row) -> Option<u16> {
    let text = screen.rows().get(usize::from(row.line))?.clone();
    let start = text.find(&row.label)?;
    let column = text[..start].chars().count() + row.label.chars().count().checked_sub(1)?;
    column.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What QEMU's serial port gave for a stand-in of today's Arch medium, up to the menu.
    const ARCHISO: &[u8] = include_bytes!("menu/archiso.bytes");

    /// What OVMF (2022.11) and iPXE (`snponly.efi` of 2019) gave, up to a menu of iPXE's with a heading and three items.
    const IPXE: &[u8] = include_bytes!("menu/ipxe.bytes");

    fn recorded() -> Screen {
        screen(&[ARCHISO])
    }

    fn screen(parts: &[&[u8]]) -> Screen {
        let mut screen = Screen::default();
        parts.iter().for_each(|part| screen.feed(part));
        screen
    }

    fn chosen_label(screen: &Screen) -> Option<String> {
        chosen(screen).map(|row| row.label)
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
    fn a_recorded_menu_of_ipxe_has_a_choice_beside_a_heading_in_a_color_of_its_own() {
        let screen = screen(&[IPXE]);
        let labels: Vec<String> = rows(&screen).into_iter().map(|row| row.label).collect();
        assert_eq!(labels, ["Network boot", "Systems", "The next boot device", "Arch Linux", "iPXE shell"]);
        assert_eq!(chosen_label(&screen).unwrap(), "The next boot device");
    }

    #[test]
    fn the_choice_is_followed_in_a_menu_of_ipxe() {
        // Recorded after the key for down.
        let old = b"\x1b[05;02H\x1b[0m\x1b[37m\x1b[40m\x1b[0m\x1b[37m\x1b[44m  The next boot device      \x1b[05;02H";
        let new = b"\x1b[06;02H\x1b[1m\x1b[37m\x1b[40m\x1b[1m\x1b[37m\x1b[41m  Arch Linux                \x1b[06;02H";
        assert_eq!(chosen_label(&screen(&[IPXE, old, new])).unwrap(), "Arch Linux");
    }

    #[test]
    fn the_only_entry_of_a_menu_is_chosen_and_its_title_is_not() {
        let page = b"\x1b[37;44m\x1b[2J\x1b[2;35HNetwork boot";
        assert_eq!(chosen_label(&screen(&[page, b"\x1b[4;2H\x1b[37;41m  Arch Linux      "])).unwrap(), "Arch Linux");
        assert_eq!(chosen_label(&screen(&[page, b"\x1b[4;2H  Arch Linux      "])), None);
    }

    #[test]
    fn text_at_the_very_top_is_no_choice() {
        assert_eq!(chosen_label(&screen(&[b"\x1b[37;41mred\x1b[m"])), None);
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
