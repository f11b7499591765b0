//! All answers are named by an entry.

use std::collections::BTreeSet;

use crate::diag::nearest::{nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// For so many unknown names it is asked what was meant.
const MAX_GUESSES: usize = 100;

/// Answers that were probably meant by a name that is not defined are not unused.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete || spec.answers.is_empty() {
        return;
    }
    let entries = spec.menus.iter().flat_map(|menu| menu.entries());
    let named: BTreeSet<&str> = entries.filter_map(|entry| Some(entry.answers.as_ref()?.value.as_str())).collect();
    let names = || spec.answers.iter().map(|answers| answers.name.value.as_str());
    let known: BTreeSet<&str> = names().collect();
    let meant: BTreeSet<&str> =
        named.difference(&known).take(MAX_GUESSES).filter_map(|name| nearest(name, names())).collect();
    for answers in &spec.answers {
        let name = answers.name.value.as_str();
        if !named.contains(name) && !meant.contains(name) {
            let name = shown(name);
            out.push(
                Diagnostic::new(Code::UnusedAnswers, format!("no entry names the answers `{name}`"))
                    .at(answers.name.span, "nobody reads them")
                    .help(format!("add `answers=\"{name}\"` to the entry of the installer")),
            );
        }
    }
}
