//! An entry names answers of the spec.

use std::collections::BTreeSet;

use super::menus::unknown_name_help;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    let known: BTreeSet<&str> = spec.answers.iter().map(|answers| answers.name.value.as_str()).collect();
    for entry in spec.menus.iter().flat_map(|menu| menu.entries()) {
        let Some(answers) = entry.answers.as_ref().filter(|answers| !known.contains(answers.value.as_str())) else {
            continue;
        };
        let names = spec.answers.iter().map(|answers| answers.name.value.as_str());
        let help = match spec.answers.is_empty() {
            true => {
                format!("define them: `answers \"{}\" \"path/to/template\" format=\"preseed\"`", shown(&answers.value))
            }
            false => unknown_name_help(&answers.value, "answers", names, out.is_full()),
        };
        let message = format!("entry `{}` names unknown answers `{}`", shown(&entry.name.value), shown(&answers.value));
        out.push(Diagnostic::new(Code::UnknownAnswers, message).at(answers.span, "not defined").help(help));
    }
}
