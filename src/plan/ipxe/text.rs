//! Text as iPXE shows it and passes it on.

use crate::plan::template::one_line;

/// A title. iPXE expands `${…}` everywhere and offers no way to write it otherwise (`distros.md` 4), so the dollar goes.
pub(super) fn shown(title: &str) -> String {
    let title = one_line(title).replace("${", "{");
    title.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// A word that iPXE takes as it is: one that would join two commands or begin a comment is hidden behind a setting that nobody
/// sets. iPXE looks for those before it expands settings (iPXE `core/exec.c`).
pub(super) fn word(word: &str) -> String {
    if matches!(word, "||" | "&&" | ";") || word.starts_with('#') {
        format!("${{nothing}}{word}")
    } else {
        word.to_owned()
    }
}

/// Whether a word of a kernel command line reaches the kernel as it is. Those of a spec do, which is a rule of the language;
/// an ISO's own may name variables of another loader, which would be empty there.
///
/// iPXE splits at blanks without regard to quotes and joins the words with one blank each, which gives the same line back.
pub(super) fn is_literal(word: &str) -> bool {
    !word.contains("${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_stay_titles() {
        assert_eq!(shown("Arch Linux; today's && tomorrow's"), "Arch Linux; today's ${nothing}&& tomorrow's");
        assert_eq!(shown("PC #1 || ; x#y"), "PC ${nothing}#1 ${nothing}|| ${nothing}; x#y");
        assert_eq!(shown(" two\tblanks  ${net0/mac}\n:label"), "two blanks {net0/mac} :label");
    }
}
