//! The pages of the manual: for each [`Code`] what it is, why it matters and how to fix it.
//!
//! The texts are those of `tests/diagnostics/`, so what a user reads is what the tests have shown to be so.

use std::str::FromStr;

use super::Code;
use super::nearest::{nearest, shown};
use super::pages::PAGES;

/// What the names of all codes begin with.
const PREFIX: &str = "netspec::";

/// The page about a kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// The kind of finding.
    pub code: Code,
    /// Its headline, a phrase.
    pub title: &'static str,
    /// The first paragraph: what is the case.
    pub summary: &'static str,
    /// Everything below the headline, in Markdown.
    pub body: &'static str,
}

impl Code {
    /// The name without `netspec::`, as in `unknown-iso`.
    pub fn name(self) -> &'static str {
        self.as_str().strip_prefix(PREFIX).unwrap_or(self.as_str())
    }

    /// Its page.
    pub fn page(self) -> Page {
        // Each code has one; a test sees to it.
        let found = PAGES.iter().find(|(name, _)| *name == self.name());
        let markdown = found.map_or("", |(_, markdown)| markdown);
        // Some pages begin with a line for their test.
        let text = match markdown.strip_prefix("needs: ") {
            Some(rest) => rest.split_once('\n').map_or("", |(_, text)| text),
            None => markdown,
        };
        let (title, body) = text.trim_start().split_once('\n').unwrap_or_default();
        let body = body.trim();
        let summary = body.split("\n\n").next().unwrap_or_default();
        Page { code: self, title: title.trim_start_matches("# ").trim(), summary, body }
    }
}

/// A name that no code has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no finding `{name}`{}", help(.near))]
pub struct UnknownCode {
    /// What was asked for.
    name: String,
    /// The one that was probably meant.
    near: Option<&'static str>,
}

fn help(near: &Option<&'static str>) -> String {
    match near {
        Some(near) => format!("; did you mean `{near}`?"),
        None => "; without a name, all are listed".to_owned(),
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    /// Reads a name with or without `netspec::`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().strip_prefix(PREFIX).unwrap_or(text.trim());
        Code::ALL.iter().copied().find(|code| code.name() == name).ok_or_else(|| UnknownCode {
            name: shown(name),
            near: nearest(name, Code::ALL.iter().map(|code| code.name())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_has_a_title_and_a_summary() {
        for code in Code::ALL {
            let page = code.page();
            assert!(!page.title.is_empty() && !page.title.starts_with('#'), "{code:?}: {}", page.title);
            assert!(!page.title.ends_with('.'), "{code:?}: {}", page.title);
            assert!(page.summary.ends_with('.') && !page.summary.contains("**"), "{code:?}: {}", page.summary);
            for part in ["**Why it matters.**", "**How to fix it.**", "## Examples"] {
                assert!(page.body.contains(part), "the page of {code:?} has no {part}");
            }
        }
    }

    #[test]
    fn titles_tell_the_findings_apart() {
        let titles: std::collections::BTreeSet<_> = Code::ALL.iter().map(|code| code.page().title).collect();
        assert_eq!(titles.len(), Code::ALL.len());
    }

    #[test]
    fn names_are_read_with_and_without_their_prefix() {
        assert_eq!("unknown-iso".parse(), Ok(Code::UnknownIso));
        assert_eq!("netspec::unknown-iso".parse(), Ok(Code::UnknownIso));
        let message = |name: &str| name.parse::<Code>().unwrap_err().to_string();
        assert_eq!(message("unknwon-iso"), "there is no finding `unknwon-iso`; did you mean `unknown-iso`?");
        assert_eq!(message("E0308"), "there is no finding `E0308`; without a name, all are listed");
    }
}
