//! What netspec tells each kernel about its machine is told by netspec alone.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::words_at;
use crate::spec::Spec;

/// The words, and what to do instead.
const TAKEN: [(&str, &str, &str); 2] = [
    (
        "BOOTIF",
        "the card that each PC was booted from",
        "remove it: one card's address would be wrong on every other PC",
    ),
    ("initrd", "the initial RAM disks", "write `initrd \"path/in/the.iso\"` in the block of the entry"),
];

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for word in super::menus::arguments(spec).flat_map(words_at) {
        let Some((key, _)) = word.value.split_once('=') else { continue };
        let Some((key, what, help)) = TAKEN.iter().find(|(taken, ..)| *taken == key) else { continue };
        out.push(
            Diagnostic::new(Code::ArgumentTaken, format!("`{key}=` is what netspec itself writes: {what}"))
                .at(word.span, "written twice")
                .help(*help),
        );
    }
}
