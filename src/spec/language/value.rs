//! What stands in a place.

use std::time::Duration;

use super::super::duration::written;
use crate::diag::nearest::listed;

/// What an argument or property holds.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// The name of the node, by which others refer to it.
    Name,
    /// The name of another node, which is one of these.
    Reference(&'static [&'static str]),
    /// One of some words.
    Word(fn() -> Vec<&'static str>),
    /// `#true` or `#false`.
    Boolean,
    /// A whole number.
    Number {
        /// The least.
        from: u16,
        /// The greatest.
        to: u16,
        /// Of what: `seconds`; empty for a mere number.
        unit: &'static str,
    },
    /// A time with its unit, in quotes.
    Time {
        /// The shortest.
        from: Duration,
        /// The longest.
        to: Duration,
    },
    /// An amount of memory with its unit, in quotes.
    Memory,
    /// An IPv4 address.
    Address,
    /// An IPv4 network with its prefix length.
    Subnet,
    /// The first and the last of some IPv4 addresses.
    Range,
    /// A hardware address.
    Mac,
    /// The beginning of a hardware address, or all of it.
    MacPrefix,
    /// A UUID as SMBIOS has it.
    Uuid,
    /// A network interface of this machine.
    Interface,
    /// 64 hexadecimal digits.
    Digest,
    /// A file or folder, relative to the folder of the spec.
    Path,
    /// A file, or the URL of one; with an ISO beside it, a path in that.
    PathOrUrl,
    /// An address of another server's file.
    Url,
    /// Any text of one line.
    Text,
    /// The name of a variable of templates.
    Variable,
    /// The value of a variable of templates.
    VariableValue,
}

impl Value {
    /// The words that are allowed here, where it is one of some words.
    pub fn words(self) -> Vec<&'static str> {
        match self {
            Self::Word(words) => words(),
            Self::Boolean => vec!["#true", "#false"],
            _ => Vec::new(),
        }
    }

    /// What is written here, in words, with limits and unit, as Markdown.
    pub fn describe(self) -> String {
        match self {
            Self::Name => "a name: small letters, digits, `.`, `_` and `-`".to_owned(),
            Self::Reference(kinds) => format!("the name of {}", or(kinds)),
            Self::Word(words) => one_of(&words()),
            Self::Boolean => "`#true` or `#false`".to_owned(),
            Self::Variable => "a variable: small letters, digits and `_`".to_owned(),
            Self::VariableValue => "a text, a whole number, `#true` or `#false`".to_owned(),
            Self::Number { from, to, unit: "" } => format!("{from} to {to}"),
            Self::Number { from, to, unit } => format!("{from} to {to} {unit}"),
            Self::Time { from, to } => format!("a time, `\"{}\"` to `\"{}\"`", written(from), written(to)),
            Self::Memory => "an amount of memory, as in `\"2GiB\"`".to_owned(),
            Self::Address => "an IPv4 address, as in `\"192.168.1.5\"`".to_owned(),
            Self::Subnet => "a subnet, as in `\"192.168.1.0/24\"`".to_owned(),
            Self::Range => "two addresses, as in `\"192.168.1.100-192.168.1.199\"`".to_owned(),
            Self::Mac => "a hardware address, as in `\"52:54:00:aa:bb:cc\"`".to_owned(),
            Self::MacPrefix => "one to six bytes of a hardware address, as in `\"b8:27:eb\"`".to_owned(),
            Self::Uuid => "a UUID, as in `\"4c4c4544-0031-3510-8051-b7c04f463332\"`".to_owned(),
            Self::Interface => "an interface of this machine, as in `\"eth0\"`".to_owned(),
            Self::Digest => "a SHA-256 digest, 64 hexadecimal digits".to_owned(),
            Self::Path => "a path, relative to the folder of the spec".to_owned(),
            Self::PathOrUrl => "a path or a URL, as in `\"https://boot.example.org/vmlinuz\"`".to_owned(),
            Self::Url => "a URL, as in `\"https://boot.example.org/menu.ipxe\"`".to_owned(),
            Self::Text => "a text of one line".to_owned(),
        }
    }
}

fn or(kinds: &[&str]) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("{} `{kind}`", article(kind))).collect();
    kinds.join(" or ")
}

/// `a` or `an`, as the word wants it.
fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" }
}

fn one_of(words: &[&str]) -> String {
    match words {
        [one] => format!("`\"{one}\"`"),
        _ => listed(words.iter().map(|word| format!("\"{word}\""))).replace(" and ", " or "),
    }
}
