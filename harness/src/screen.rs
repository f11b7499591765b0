//! What a person at a serial terminal of 100x30 would see: the console's bytes as a screen.
//!
//! Menus draw with cursor movements and attributes, so their text can only be judged on the screen, not in the stream.

use std::num::NonZeroU16;

/// Lines of the screen.
///
/// PXELINUX's `vesamenu.c32` lays its menu out for the 30 text lines of a picture of 640x480 and draws the same on the
/// serial line. On 25 lines its help text would fall on the last one and scroll the menu away.
pub const ROWS: u16 = 30;
/// Characters of a line. PXELINUX and iPXE draw on 80 of them; UEFI has 100, and GRUB lets its help run over all.
pub const COLUMNS: u16 = 100;

/// What a character is drawn on, which tells a chosen row from the others.
///
/// The color of the character itself does not: headings and hot keys have colors of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground {
    color: vt100::Color,
    inverse: bool,
}

/// A screen that bytes are written to.
pub struct Screen {
    parser: vt100::Parser,
    charset: Charset,
}

impl Default for Screen {
    fn default() -> Self {
        let rows = NonZeroU16::new(ROWS).unwrap_or(NonZeroU16::MIN);
        let columns = NonZeroU16::new(COLUMNS).unwrap_or(NonZeroU16::MIN);
        Self { parser: vt100::Parser::new(rows, columns, 0), charset: Charset::default() }
    }
}

impl Screen {
    /// Draws what came over the line.
    pub fn feed(&mut self, bytes: &[u8]) {
        let translated = self.charset.translate(bytes);
        self.parser.process(&translated);
    }

    /// The lines from top to bottom, without trailing blanks.
    pub fn rows(&self) -> Vec<String> {
        self.parser.screen().rows(0, COLUMNS).map(|row| row.trim_end().to_owned()).collect()
    }

    /// The screen as text, without the empty lines at its end.
    pub fn text(&self) -> String {
        self.rows().join("\n").trim_end().to_owned()
    }

    /// What the character at this place is drawn on.
    pub fn ground(&self, row: u16, column: u16) -> Option<Ground> {
        let cell = self.parser.screen().cell(row, column)?;
        let inverse = cell.inverse();
        Some(Ground { color: if inverse { cell.fgcolor() } else { cell.bgcolor() }, inverse })
    }
}

/// Turns two ways of drawing boxes, which the terminal model does not know, into the box characters of Unicode.
///
/// `ESC ( 0` or SO switches the DEC line-drawing set on, `ESC ( B` or SI off. Escape sequences can be cut between two reads.
/// GRUB on UEFI draws with the bytes of code page 437. Those of a line are also the beginning of characters in UTF-8, so they
/// are told apart by where they stand: a box begins with a byte that UTF-8 has not, or with a corner and a line.
#[derive(Debug, Default)]
struct Charset {
    drawing: bool,
    escape: Vec<u8>,
    /// A corner that may be the first byte of a character.
    corner: Option<u8>,
    /// Whether the byte before was of a box in code page 437.
    in_box: bool,
    /// Whether the byte before may be followed by others of its character in UTF-8.
    in_character: bool,
}

impl Charset {
    fn translate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if self.escape.is_empty() && !self.drawing && self.draws_box(byte, &mut out) {
                continue;
            }
            match (self.escape.as_slice(), byte) {
                ([], 0x1b) => self.escape.push(byte),
                ([], 0x0e) => self.drawing = true,
                ([], 0x0f) => self.drawing = false,
                ([], _) if self.drawing => out.extend(drawn(byte).as_bytes()),
                ([], _) => out.push(byte),
                ([0x1b], b'(' | b'[') => self.escape.push(byte),
                ([0x1b, b'('], _) => {
                    self.drawing = byte == b'0';
                    self.escape.clear();
                }
                // Within a control sequence letters end it and must not be taken for lines to draw.
                ([0x1b, b'[', ..], _) => {
                    self.escape.push(byte);
                    if (0x40..=0x7e).contains(&byte) || self.escape.len() > 64 {
                        out.append(&mut self.escape);
                    }
                }
                _ => {
                    out.append(&mut self.escape);
                    out.push(byte);
                }
            }
        }
        out
    }

    /// Draws a byte of code page 437; says whether it was one.
    fn draws_box(&mut self, byte: u8, out: &mut Vec<u8>) -> bool {
        if let Some(corner) = self.corner.take() {
            self.in_box = byte == LINE;
            self.in_character = !self.in_box;
            match boxed(corner) {
                Some(drawn) if self.in_box => out.extend(drawn.as_bytes()),
                _ => out.push(corner),
            }
        }
        if byte == CORNER && !self.in_box {
            self.corner = Some(byte);
            return true;
        }
        // These stand for themselves in code page 437 alone: in UTF-8 they begin nothing.
        let begins = matches!(byte, 0xb3 | 0xc0) && !self.in_character;
        self.in_character = !byte.is_ascii();
        match boxed(byte).filter(|_| self.in_box || begins) {
            Some(drawn) => {
                (self.in_box, self.in_character) = (true, false);
                out.extend(drawn.as_bytes());
                true
            }
            None => {
                self.in_box = false;
                false
            }
        }
    }
}

/// The corner at the upper left and the horizontal line of code page 437.
const CORNER: u8 = 0xda;
const LINE: u8 = 0xc4;

/// The lines of a box in code page 437.
fn boxed(byte: u8) -> Option<&'static str> {
    Some(match byte {
        CORNER => "┌",
        LINE => "─",
        0xbf => "┐",
        0xb3 => "│",
        0xc0 => "└",
        0xd9 => "┘",
        _ => return None,
    })
}

/// A character of the DEC special graphics set.
fn drawn(byte: u8) -> String {
    let line = match byte {
        b'j' => '┘',
        b'k' => '┐',
        b'l' => '┌',
        b'm' => '└',
        b'n' => '┼',
        b'q' => '─',
        b't' => '├',
        b'u' => '┤',
        b'v' => '┴',
        b'w' => '┬',
        b'x' => '│',
        b'a' => '▒',
        other => char::from(other),
    };
    line.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(bytes: &[u8]) -> Screen {
        let mut screen = Screen::default();
        screen.feed(bytes);
        screen
    }

    #[test]
    fn moves_and_colors_make_a_picture() {
        let screen = screen(b"\x1b[2;5Hhello\x1b[7m\x1b[3;1Hchosen\x1b[m");
        assert_eq!(screen.text(), "\n    hello\nchosen");
        assert_ne!(screen.ground(1, 4), screen.ground(2, 0));
        assert_eq!(screen.rows().len(), usize::from(ROWS));
    }

    #[test]
    fn boxes_are_drawn_with_either_way_of_switching() {
        assert_eq!(screen(b"\x0elqk\x0f lqk").text(), "┌─┐ lqk");
        assert_eq!(screen(b"\x1b(0mqj\x1b(Bmqj").text(), "└─┘mqj");
    }

    #[test]
    fn boxes_of_code_page_437_are_told_from_utf8() {
        assert_eq!(screen(b"\xda\xc4\xc4\xbf\x1b[2;1H\xb3ab\xb3\x1b[3;1H\xc0\xc4\xc4\xd9").text(), "┌──┐\n│ab│\n└──┘");
        let words = "Ŀ ĳ Ļ é ─ ú ڳ";
        assert_eq!(screen(words.as_bytes()).text(), words);
        let mut cut = Screen::default();
        "aó".bytes().for_each(|byte| cut.feed(&[byte]));
        assert_eq!(cut.text(), "aó");
    }

    #[test]
    fn a_sequence_may_be_cut_anywhere_and_its_letters_are_not_drawn() {
        let bytes = b"\x1b(0\x1b[1;37;44mx\x1b[Cx\x1b(B\x1b7ok";
        let whole = screen(bytes).text();
        let mut parts = Screen::default();
        for byte in bytes {
            parts.feed(&[*byte]);
        }
        assert_eq!(whole, "│ │ok");
        assert_eq!(parts.text(), whole);
    }
}
