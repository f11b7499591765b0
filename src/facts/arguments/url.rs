//! A URL on a command line is one that its reader can use.

use super::{Family, Line};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;
use crate::source::Spanned;

pub(super) fn check(line: &Line<'_>, _: &ResolvedSpec, out: &mut Diagnostics) {
    for word in &line.line.words {
        let fault = of_itself(word).or_else(|| {
            let (key, value) = word.value.split_once('=')?;
            match (line.family?, key) {
                (Family::Archiso, "archiso_http_srv") => of_archiso(value),
                (Family::LiveBoot, "fetch") => of_live_boot(value),
                (Family::Casper, "url") => of_casper(value),
                _ => None,
            }
        });
        if let Some((why, help)) = fault {
            let message = format!("the URL of `{}` cannot be used: {why}", shown(&word.value));
            out.push(Diagnostic::new(Code::UrlArgument, message).at(word.span, "not found by the PC").help(help));
        }
    }
}

type Fault = (&'static str, &'static str);

/// The machine that reads a command line is the PC.
fn of_itself(word: &Spanned<String>) -> Option<Fault> {
    let (_, behind) = word.value.split_once("://")?;
    let host = behind.split(['/', ':']).next().unwrap_or_default();
    (host == "localhost" || host.starts_with("127.")).then_some((
        "it leads to the PC itself",
        "write `{server}` for the address of this machine, or `{iso}` for the URL of the ISO",
    ))
}

/// The hook puts `<basedir>/…` straight behind it (`distros.md` 1.9, "URL shape").
fn of_archiso(value: &str) -> Option<Fault> {
    (!value.ends_with('/')).then_some(("archiso wants a `/` at its end", "write `archiso_http_srv={iso}/`"))
}

/// live-boot tells the kind of file by what stands behind the last dot, and loads it with busybox (`distros.md` 2.4).
fn of_live_boot(value: &str) -> Option<Fault> {
    let is_known = ["iso", "squashfs", "tgz", "tar"].iter().any(|end| value.ends_with(&format!(".{end}")));
    if value.starts_with("https:") {
        Some(("the wget of live-boot has no HTTPS", "write it with `http`, or `fetch={iso}/live/filesystem.squashfs`"))
    } else if !is_known {
        Some((
            "live-boot takes files that end in `.squashfs`, `.iso`, `.tgz` or `.tar`",
            "write `fetch={iso}/live/filesystem.squashfs`",
        ))
    } else {
        None
    }
}

/// Since 19.10, casper looks at nothing else (`distros.md` 2.3, row 10).
fn of_casper(value: &str) -> Option<Fault> {
    (!value.ends_with(".iso"))
        .then_some(("casper takes whole ISOs only, whose name ends in `.iso`", "write `url={iso}.iso`"))
}
