//! `netspec explain-code`: the manual about findings.

use std::process::ExitCode;

use serde::Serialize;

use super::args::{ExplainCodeArgs, ListFormat};
use super::report;
use crate::diag::render::{self, Style};
use crate::diag::{Code, Severity};

pub(super) fn run(args: &ExplainCodeArgs) -> ExitCode {
    let stdout = std::io::stdout();
    let style = report::style(&stdout);
    let text = match (args.codes.is_empty() || args.list, args.format) {
        (true, ListFormat::Text) => list(style),
        (true, ListFormat::Json) => pages(Code::ALL, false),
        (false, ListFormat::Text) => {
            let pages: Vec<_> = args.codes.iter().map(|code| render::page(*code, style)).collect();
            pages.join("\n\n")
        }
        (false, ListFormat::Json) => pages(&args.codes, true),
    };
    report::write(stdout, &text);
    ExitCode::SUCCESS
}

/// A line for each code. Where the window is too narrow for code and title side by side, the title has a line of its own.
fn list(style: Style) -> String {
    let longest = Code::ALL.iter().map(|code| code.name().len()).max().unwrap_or_default();
    let line = |code: &Code| {
        let mark = if code.severity() == Severity::Error { "error" } else { "warning" };
        let (name, title) = (code.name(), code.page().title);
        let line = format!("{name:longest$}  {mark:7}  {title}");
        if line.chars().count() <= style.width { format!("{line}\n") } else { format!("{name} ({mark})\n  {title}\n") }
    };
    Code::ALL.iter().map(line).collect()
}

#[derive(Serialize)]
struct Explained {
    code: &'static str,
    severity: Severity,
    title: &'static str,
    summary: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    markdown: Option<&'static str>,
}

/// One JSON array.
fn pages(codes: &[Code], with_text: bool) -> String {
    let explained = codes.iter().map(|code| {
        let page = code.page();
        Explained {
            code: code.as_str(),
            severity: code.severity(),
            title: page.title,
            summary: page.summary,
            markdown: with_text.then_some(page.body),
        }
    });
    let mut json = serde_json::to_string_pretty(&explained.collect::<Vec<_>>()).unwrap_or_default();
    json.push('\n');
    json
}
