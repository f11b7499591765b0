//! Lines that fit on a terminal.

use textwrap::{Options, WordSeparator, WordSplitter};

use crate::serve::journal::printable;

/// The narrowest terminal that is common.
const WIDTH: usize = 80;
/// Where values begin, behind their names.
const VALUES: usize = 26;
/// How wide the titles of a menu may be for the targets to stand below each other.
const TITLES: usize = 56;

/// A text under construction.
#[derive(Default)]
pub(in crate::explain) struct Page {
    pub(in crate::explain) text: String,
}

impl Page {
    /// One line as it is.
    pub(in crate::explain) fn line(&mut self, indent: usize, text: &str) {
        self.text.push_str(&" ".repeat(indent));
        self.text.push_str(printable(text).trim_end());
        self.text.push('\n');
    }

    /// An empty line, but never two of them.
    pub(in crate::explain) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Text that flows; later lines begin below the first letter behind `lead`.
    pub(in crate::explain) fn wrapped(&mut self, indent: usize, lead: &str, text: &str) {
        let lead = printable(lead);
        let first = format!("{}{lead}", " ".repeat(indent));
        let later = " ".repeat(first.chars().count().min(WIDTH / 2));
        self.flow(&first, &later, text);
    }

    /// A name and its value, in two columns.
    pub(in crate::explain) fn field(&mut self, indent: usize, name: &str, value: &str) {
        let first = format!("{:indent$}{:<rest$}", "", printable(name), rest = VALUES.saturating_sub(indent));
        let first = if first.ends_with(' ') { first } else { format!("{first} ") };
        self.flow(&first, &" ".repeat(VALUES), value);
    }

    /// A line of a menu whose widest title has `width` letters, and what it leads to.
    pub(in crate::explain) fn choice(&mut self, indent: usize, mark: &str, title: &str, width: usize, target: &str) {
        let first = format!("{:indent$}{mark}{:<width$} -> ", "", printable(title), width = width.min(TITLES));
        self.flow(&first, &" ".repeat(indent + 8), target);
    }

    /// Words that flow, each of which stays whole: a kernel command line.
    pub(in crate::explain) fn words(&mut self, indent: usize, text: &str) {
        let indent = " ".repeat(indent);
        self.flow(&indent, &indent, text);
    }

    fn flow(&mut self, first: &str, later: &str, text: &str) {
        let text = printable(text);
        let options = Options::new(WIDTH)
            .initial_indent(first)
            .subsequent_indent(later)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation);
        for line in textwrap::wrap(&text, options) {
            self.text.push_str(line.trim_end());
            self.text.push('\n');
        }
        if text.is_empty() {
            // An empty value wraps to one line with its lead, or to none, depending on the lead.
            self.text.truncate(self.text.trim_end_matches([' ', '\n']).len());
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_to_80_columns_but_never_cuts_a_word() {
        let mut page = Page::default();
        let url = format!("http://192.168.1.1/{}", "x".repeat(90));
        page.field(3, "boot file", &url);
        page.wrapped(0, "why: ", &"short words ".repeat(20));
        page.words(5, &format!("a {url} b"));
        page.choice(3, "> ", "A title", 20, "menu 2");
        let long: Vec<_> = page.text.lines().filter(|line| line.chars().count() > WIDTH).collect();
        assert!(long.iter().all(|line| line.contains(&url)), "{long:?}");
        assert!(page.text.contains("   > A title              -> menu 2"), "{}", page.text);
    }

    /// SE-06
    #[test]
    fn what_comes_from_elsewhere_stays_on_its_line() {
        let mut page = Page::default();
        page.choice(0, "", "a\u{1b}[31m\nb", 9, "c\rd");
        page.field(0, "n\n", "v\n");
        page.gap();
        page.gap();
        page.line(0, "\u{202e}x");
        assert_eq!(page.text.lines().count(), 4, "{}", page.text);
        assert!(!page.text.contains(['\u{1b}', '\r', '\u{202e}']));
    }
}
