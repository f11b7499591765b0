//! Findings on a terminal or in a pipe.

use std::io::{IsTerminal, Write};
use std::path::Path;

use super::args::FindingFormat;
use super::compile::{self, Compiled, Outcome};
use super::progress::Local;
use crate::diag::render::{self, Style};
use crate::facts::Use;
use crate::lock::LockMode;
use crate::world::OsWorld;

/// A width for readers that are no terminal.
const PIPE_WIDTH: usize = 100;
/// Lines longer than this are hard to read, however wide the window is.
const MAX_WIDTH: usize = 120;

/// Findings as one text in the format asked for.
pub(super) fn findings(compiled: &Compiled, format: FindingFormat, style: Style) -> String {
    let Compiled { sources, findings, .. } = compiled;
    match format {
        FindingFormat::Full => render::full(sources, findings, style),
        FindingFormat::Short => render::short(sources, findings),
        FindingFormat::Json => render::json(sources, findings) + "\n",
        FindingFormat::Github => render::github(sources, findings),
        FindingFormat::Sarif => sarif([compiled]),
    }
}

/// The findings about several specs as one log.
pub(super) fn sarif<'a>(specs: impl IntoIterator<Item = &'a Compiled>) -> String {
    render::sarif(specs.into_iter().map(|compiled| (&compiled.sources, &compiled.findings))) + "\n"
}

/// What a spec comes to; its findings go to standard error, and `None` says that they forbid the rest.
pub(super) fn outcome(spec: &Path, mode: LockMode, what_for: Use) -> Option<Outcome> {
    let local = Local::new();
    let compiled = compile::compile_as(spec, &OsWorld, &local.setting(mode, what_for));
    let stderr = std::io::stderr();
    let text = findings(&compiled, FindingFormat::Full, style(&stderr));
    write(stderr, &text);
    compiled.outcome
}

/// How to draw on a stream: colors and Unicode only where they will be understood.
pub(super) fn style(stream: &impl IsTerminal) -> Style {
    let is_terminal = stream.is_terminal();
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let width = if is_terminal { terminal_width().min(MAX_WIDTH) } else { PIPE_WIDTH };
    Style { width, unicode: !is_dumb && is_utf8(), color: is_terminal && !is_dumb && !no_color }
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let asked = || rustix::termios::tcgetwinsize(std::io::stderr()).ok().map(|size| usize::from(size.ws_col));
    columns.or_else(asked).filter(|width| *width >= 40).unwrap_or(80)
}

/// What the locale says; without any word on it, today's default.
fn is_utf8() -> bool {
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    locale.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Writes to a stream whose reader may have gone, which is no failure of ours.
pub(super) fn write(mut stream: impl Write, text: &str) {
    let _ = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
}
