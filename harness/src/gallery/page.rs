//! The page of the gallery.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::exhibits::{self, Exhibit, View};
use crate::error::{Context, Result};

/// The screens that were taken.
#[derive(Debug, Default)]
pub struct Screens {
    taken: BTreeMap<(&'static str, &'static str), String>,
}

impl Screens {
    /// Keeps the screen of a view.
    pub fn add(&mut self, exhibit: &'static Exhibit, view: &'static View, text: String) {
        self.taken.insert((exhibit.spec, view.name), text);
    }
}

const HEAD: &str = "# Gallery

Specs for real situations, and what a PC shows that boots by them.
The screens are not drawn by hand: `make gallery` serves each spec in the harness, boots a PC in QEMU and reads them off its serial console.
The specs are the files in [specs](../specs); only the addresses are those of the lab.
";

/// The whole page, with the specs as they stand in their folder.
pub fn page(specs: &Path, screens: &Screens) -> Result<String> {
    let mut page = HEAD.to_owned();
    for exhibit in exhibits::ALL {
        let file = specs.join(exhibit.spec);
        let spec = std::fs::read_to_string(&file).context(file.display())?;
        // Writing to a String cannot fail.
        let _ = write!(page, "\n## {}\n\n{}\n\n", exhibit.title, exhibit.about);
        let _ = write!(page, "`specs/{}`:\n\n```kdl\n{}```\n", exhibit.spec, spec);
        for view in exhibit.views {
            if let Some(screen) = screens.taken.get(&(exhibit.spec, view.name)) {
                let _ = write!(page, "\n{} shows:\n\n```text\n{}\n```\n", view.caption, framed(screen));
            }
        }
    }
    Ok(page)
}

/// The screen without empty lines around it and without blanks that all lines begin with.
fn framed(screen: &str) -> String {
    let lines: Vec<&str> = screen.lines().map(str::trim_end).collect();
    let is_full = |line: &&str| !line.is_empty();
    let (Some(first), Some(last)) = (lines.iter().position(is_full), lines.iter().rposition(is_full)) else {
        return String::new();
    };
    let shown = &lines[first..=last];
    let blanks = |line: &&&str| line.len() - line.trim_start_matches(' ').len();
    let margin = shown.iter().filter(|line| is_full(line)).map(|line| blanks(&line)).min().unwrap_or_default();
    shown.iter().map(|line| line.get(margin..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_shown_without_what_is_around_it() {
        assert_eq!(framed("\n\n    ┌─┐\n\n     x  \n\n"), "┌─┐\n\n x");
        assert_eq!(framed("\n \n"), "");
    }

    #[test]
    fn a_page_has_the_specs_and_the_screens_that_there_are() {
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../specs");
        let mut screens = Screens::default();
        let exhibit = &exhibits::ALL[0];
        screens.add(exhibit, &exhibit.views[0], "  A menu\n".to_owned());
        let page = page(&specs, &screens).unwrap();
        for exhibit in exhibits::ALL {
            let spec = std::fs::read_to_string(specs.join(exhibit.spec)).unwrap();
            assert!(page.contains(&format!("```kdl\n{spec}```\n")), "{}", exhibit.spec);
        }
        assert!(page.contains("shows:\n\n```text\nA menu\n```\n"), "{page}");
    }
}
