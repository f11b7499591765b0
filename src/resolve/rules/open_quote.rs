//! Quotes in kernel arguments come in pairs.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// The kernel takes everything behind a quote for one word, up to the next one (`lib/cmdline.c`, `next_arg`), and what netspec
/// writes for the machine stands behind the words of the spec.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for argument in super::menus::arguments(spec) {
        if argument.value.matches('"').count() % 2 == 1 {
            out.push(
                Diagnostic::new(Code::OpenQuote, "a kernel argument has a quote without its pair")
                    .at(argument.span, "one quote is missing")
                    .help("close the quote, or write the word without: `#\"name=\"two words\"\"#` holds both"),
            );
        }
    }
}
