//! SYSLINUX configuration files, kept line by line so that a changed file differs only where it must.
//!
//! The syntax is that of the syslinux manual: one directive a line, keywords without case, `#` comments, `TEXT HELP` blocks
//! in which nothing is a directive. Start at [`Config::parse`].

pub use crate::resolve::words;

/// A configuration file as its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The lines in order.
    pub lines: Vec<Line>,
}

/// One line: `indent`, keyword, argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The blanks in front.
    pub indent: String,
    /// The directive in upper case, `MENU` together with its second word: `LINUX`, `MENU LABEL`. Empty for a line that is
    /// blank, a comment or inside a `TEXT` block.
    pub keyword: String,
    /// What follows the keyword, without blanks at its ends; the whole text of a line without a keyword.
    pub argument: String,
}

impl Line {
    /// A directive.
    pub fn new(indent: &str, keyword: &str, argument: impl Into<String>) -> Self {
        Self { indent: indent.into(), keyword: keyword.into(), argument: argument.into() }
    }

    fn parse(text: &str, in_help: bool) -> Self {
        let body = text.trim_start();
        let indent = &text[..text.len() - body.len()];
        let body = body.trim_end();
        let (first, mut rest) = split_word(body);
        let mut keyword = first.to_ascii_uppercase();
        if keyword == "MENU" || keyword == "TEXT" {
            let (second, behind) = split_word(rest);
            keyword = format!("{keyword} {}", second.to_ascii_uppercase());
            rest = behind;
        }
        let is_directive = !body.is_empty() && !body.starts_with('#') && (!in_help || keyword == "ENDTEXT");
        if is_directive {
            Self { indent: indent.into(), keyword, argument: rest.into() }
        } else {
            Self { indent: indent.into(), keyword: String::new(), argument: body.into() }
        }
    }
}

fn split_word(text: &str) -> (&str, &str) {
    match text.find(char::is_whitespace) {
        Some(end) => (&text[..end], text[end..].trim_start()),
        None => (text, ""),
    }
}

/// One `LABEL` with the directives that say what it boots.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// The word behind `LABEL`.
    pub name: String,
    /// What the menu shows: `MENU LABEL` without its hot-key caret, else the name.
    pub title: String,
    /// The file behind `LINUX` or `KERNEL`.
    pub kernel: Option<String>,
    /// The files behind `INITRD`, or behind `initrd=` in the arguments.
    pub initrds: Vec<String>,
    /// The words behind `APPEND`, without `initrd=`.
    pub append: String,
}

impl Config {
    /// Reads a file; there is no text that this refuses.
    pub fn parse(text: &str) -> Self {
        let mut in_help = false;
        let mut lines = Vec::new();
        for text in text.lines() {
            let line = Line::parse(text, in_help);
            in_help = match line.keyword.as_str() {
                "TEXT HELP" => true,
                "ENDTEXT" => false,
                _ => in_help,
            };
            lines.push(line);
        }
        Self { lines }
    }

    /// The ranges of `lines` that belong to one `LABEL` each, the `LABEL` line included.
    pub fn label_ranges(&self) -> Vec<std::ops::Range<usize>> {
        let starts = self.lines.iter().enumerate().filter(|(_, line)| line.keyword == "LABEL").map(|(at, _)| at);
        // A submenu that begins or ends behind a label has a MENU LABEL of its own.
        let is_end = |line: &Line| matches!(line.keyword.as_str(), "LABEL" | "MENU BEGIN" | "MENU END");
        let end = |start: usize| {
            let mut behind = self.lines.iter().enumerate().skip(start + 1);
            behind.find(|(_, line)| is_end(line)).map_or(self.lines.len(), |(at, _)| at)
        };
        starts.map(|start| start..end(start)).collect()
    }

    /// What each `LABEL` boots.
    pub fn labels(&self) -> Vec<Label> {
        self.label_ranges().into_iter().map(|range| label(&self.lines[range])).collect()
    }
}

fn label(lines: &[Line]) -> Label {
    let mut label = Label::default();
    let mut title = None;
    for line in lines {
        let argument = line.argument.clone();
        match line.keyword.as_str() {
            "LABEL" => label.name = argument,
            "MENU LABEL" => title = Some(argument.replace('^', "")),
            "LINUX" | "KERNEL" => label.kernel = Some(argument),
            "INITRD" => label.initrds.extend(argument.split(',').map(str::to_owned)),
            "APPEND" => {
                let (initrds, words): (Vec<_>, Vec<_>) =
                    words(&argument).into_iter().partition(|word| word.starts_with("initrd="));
                label
                    .initrds
                    .extend(initrds.iter().flat_map(|word| word["initrd=".len()..].split(',')).map(str::to_owned));
                label.append = words.join(" ");
            }
            _ => {}
        }
    }
    label.title = title.unwrap_or_else(|| label.name.clone());
    label
}

impl std::fmt::Display for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for line in &self.lines {
            let Line { indent, keyword, argument } = line;
            match (keyword.is_empty(), argument.is_empty()) {
                (true, _) => writeln!(f, "{indent}{argument}")?,
                (false, true) => writeln!(f, "{indent}{keyword}")?,
                (false, false) => writeln!(f, "{indent}{keyword} {argument}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MENU: &str = "\
SERIAL 0 115200
# a comment
LABEL arch_http
TEXT HELP
LABEL in help is no label
ENDTEXT
menu label Arch ^Linux (HTTP)
LINUX ::/arch/vmlinuz
INITRD ::/a.img,::/b.img
APPEND a=\"b c\" initrd=/c.img d
SYSAPPEND 3

label reboot
  com32 reboot.c32
";

    #[test]
    fn keeps_what_it_does_not_touch() {
        let printed = Config::parse(MENU).to_string();
        assert_eq!(
            printed,
            MENU.replace("menu label", "MENU LABEL").replace("label r", "LABEL r").replace("com32 r", "COM32 r")
        );
    }

    #[test]
    fn a_submenu_renames_no_label_and_crlf_is_a_line_end() {
        let text = "LABEL a\r\nMENU LABEL One\r\nKERNEL /k\r\nIPAPPEND 2\r\nMENU BEGIN\r\nMENU LABEL More\r\nLABEL b\r\nMENU END\r\n";
        let config = Config::parse(text);
        let titles: Vec<_> = config.labels().into_iter().map(|label| (label.title, label.kernel)).collect();
        assert_eq!(titles, [("One".to_owned(), Some("/k".to_owned())), ("b".to_owned(), None)]);
        assert_eq!(config.to_string(), text.replace("\r\n", "\n"));
    }

    #[test]
    fn reads_labels_but_not_inside_help_text() {
        let labels = Config::parse(MENU).labels();
        assert_eq!(labels.len(), 2);
        assert_eq!(labels[0].title, "Arch Linux (HTTP)");
        assert_eq!(labels[0].kernel.as_deref(), Some("::/arch/vmlinuz"));
        assert_eq!(labels[0].initrds, ["::/a.img", "::/b.img", "/c.img"]);
        assert_eq!(labels[0].append, "a=\"b c\" d");
        assert_eq!(labels[1].title, "reboot");
    }
}
