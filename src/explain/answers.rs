//! What the installer of a kernel would be told.

use serde::Serialize;

use super::files::{Fetched, Shelf};
use crate::image::syslinux::words;
use crate::plan::answers::{Asked, files};

/// A file of answers, as the machine gets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Answered {
    /// The file.
    pub file: Fetched,
    /// What is in it; `None` where it cannot be made.
    pub text: Option<String>,
    /// Why it cannot be made.
    pub why_not: Option<String>,
}

/// Whether a path of the tree is one of these files, or their folder.
pub(super) fn is_answers(path: &str) -> bool {
    path.starts_with("answers/")
}

/// The files that a command line leads to, each once.
pub(super) fn on(command_line: &str, shelf: &Shelf<'_>) -> Vec<Answered> {
    let mut found: Vec<Answered> = Vec::new();
    for word in words(command_line) {
        let Some(at) = word.find("http://") else { continue };
        let url = word[at..].trim_matches('"');
        let Some(path) = shelf.path_of(url).filter(|path| is_answers(path)) else { continue };
        let (Some((folder, _)), Some((below, _))) = (url.rsplit_once('/'), path.rsplit_once('/')) else { continue };
        // A folder, or one file: with what belongs to it.
        let probe = format!("{below}/file");
        let answers = Asked::from_path(&probe).and_then(|asked| shelf.plan.answers.get(asked.answers));
        let names = answers.map_or(&[][..], |answers| files(answers.format));
        for name in names.iter().filter(|name| **name != "vendor-data") {
            let url = format!("{folder}/{name}");
            if found.iter().any(|known| known.file.asks_for == url) {
                continue;
            }
            let Some(file) = shelf.url(&url) else { continue };
            let text = file.gets.as_ref().map(|got| shelf.text(got));
            let why_not = match text {
                Some(_) => None,
                None => shelf.why_not(&format!("{below}/{name}")),
            };
            found.push(Answered { file, text, why_not });
        }
    }
    found
}
