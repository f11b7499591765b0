//! Text as iPXE shows it and passes it on.

use crate::plan::template::one_line;

/// A title. iPXE expands `${…}` everywhere and offers no way to write it otherwise (`distros.md` 4), so the dollar goes.
pub(super) fn shown(title: &str) -> String {
    one_line(title).replace("${", "{")
}

/// Whether a word of a kernel command line reaches the kernel as it is. Those of a spec do, which is a rule of the language;
/// an ISO's own may name variables of another loader, which would be empty there.
///
/// iPXE splits at blanks without regard to quotes and joins the words with one blank each, which gives the same line back.
pub(super) fn is_literal(word: &str) -> bool {
    !word.contains("${")
}
