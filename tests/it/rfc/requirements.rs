//! Reads `requirements.txt`, which says at its head how it is written.

use std::fmt;

/// What names a requirement: `DH-20`, or `G43` for a scenario.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Id(String);

impl Id {
    /// Letters or a letter and a digit, a hyphen where there are two of them, and two digits.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (area, number) = text.split_at_checked(text.len().checked_sub(2)?)?;
        let known = match area.as_bytes() {
            b"G" => true,
            [a, b, b'-'] => a.is_ascii_uppercase() && (b.is_ascii_uppercase() || b.is_ascii_digit()),
            _ => false,
        };
        (known && number.bytes().all(|b| b.is_ascii_digit())).then(|| Self(text.to_owned()))
    }

    /// `DH-` of `DH-20`.
    pub(super) fn area(&self) -> &str {
        &self.0[..self.0.len() - 2]
    }

    pub(super) fn number(&self) -> u32 {
        self.0[self.0.len() - 2..].parse().unwrap()
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a requirement has no test, or what its tests do not prove.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    Against(String),
    Later(String),
    NotYet(String),
    /// It asks for documentation: the file, and words that stand in it.
    Documented {
        file: String,
        words: String,
    },
}

pub(super) struct Requirement {
    pub(super) id: Id,
    pub(super) level: String,
    /// What it asks, as a sentence about netspec without its subject.
    pub(super) asks: String,
    pub(super) reason: Option<Reason>,
}

pub(super) struct Section {
    pub(super) title: String,
    pub(super) requirements: Vec<Requirement>,
}

impl Section {
    /// Whether each of its requirements needs a test or a reason. The later sections are lists of examples.
    pub(super) fn is_binding(&self) -> bool {
        self.title.starts_with(|c| matches!(c, '0'..='5'))
    }
}

pub(super) fn read(text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push(Section { title: title.to_owned(), requirements: Vec::new() });
        } else if let Some(reason) = line.strip_prefix("    ") {
            let last = sections.last_mut().and_then(|section| section.requirements.last_mut()).expect("a requirement");
            assert!(last.reason.is_none(), "{} has two reasons", last.id);
            last.reason = Some(read_reason(reason));
        } else if !line.starts_with('#') {
            sections.last_mut().expect("a section").requirements.push(read_requirement(line));
        }
    }
    sections
}

fn read_requirement(line: &str) -> Requirement {
    let (id, rest) = line.split_once(' ').unwrap_or_else(|| panic!("`{line}` asks for nothing"));
    let id = Id::parse(id).unwrap_or_else(|| panic!("`{id}` is no ID"));
    let (level, asks) = match rest.strip_prefix("MUST NOT ") {
        Some(asks) => ("MUST NOT", asks),
        None => rest.split_once(' ').unwrap_or_else(|| panic!("`{line}` has no level")),
    };
    Requirement { id, level: level.to_owned(), asks: asks.to_owned(), reason: None }
}

fn read_reason(text: &str) -> Reason {
    let (kind, reason) = text.split_once(": ").unwrap_or_else(|| panic!("`{text}` is no reason"));
    let reason = reason.to_owned();
    match kind {
        "against" => Reason::Against(reason),
        "later" => Reason::Later(reason),
        "not yet" => Reason::NotYet(reason),
        "documented" => {
            let (file, words) = reason.split_once(": ").unwrap_or_else(|| panic!("`{text}` has no words"));
            Reason::Documented { file: file.to_owned(), words: words.to_owned() }
        }
        other => panic!("`{other}` is no kind of reason"),
    }
}
