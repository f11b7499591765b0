//! What mends a finding, where that is clear.

use super::complete::complete;
use super::findings::Finding;
use super::names::File;
use crate::diag::Code;
use crate::diag::nearest::nearest;
use crate::source::Span;
use crate::spec::language::Node;
use crate::spec::tree::inside_quotes;

/// Whether a finding is about a word that is none of those that may stand there.
fn is_misspelled(code: Code) -> bool {
    code == Code::InvalidValue || code.name().starts_with("unknown-")
}

/// What to write, and in the place of what.
///
/// It is the replacement that the finding names, else the one of the words that completion offers there which was probably meant:
/// the finding itself asks "did you mean" in the same way.
pub(super) fn mend(finding: &Finding, files: &[File], position: usize, language: &Node) -> Option<(Span, String)> {
    let span = finding.span?;
    if let Some(replacement) = &finding.replacement {
        return Some((span, replacement.clone()));
    }
    if !is_misspelled(finding.code) {
        return None;
    }
    let text = &files.get(position)?.text.text;
    let inside = inside_quotes(text, span);
    let written = text.get(inside.start..inside.end)?;
    let offers = complete(files, position, inside.end, language);
    let meant = nearest(written, offers.iter().map(|offer| offer.label.as_str()))?;
    let offer = offers.iter().find(|offer| offer.label == meant && offer.label != written)?;
    // A property keeps the `=` that is written already.
    Some((offer.replaces, offer.text.trim_end_matches('=').to_owned()))
}
