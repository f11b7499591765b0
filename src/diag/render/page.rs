//! A page of the manual as text for a terminal.

use super::{Style, wrap};
use crate::diag::{Code, Severity};

/// Draws the page about a kind of finding: the prose wrapped to the width, specs set off from the left margin, findings and
/// files as they are.
pub fn page(code: Code, style: Style) -> String {
    let page = code.page();
    let severity = match code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text =
        format!("{}\n\n{}\n", bold(page.title, style), wrap(&format!("{} ({severity})", code.as_str()), style, ""));
    let mut rest = page.body;
    while !rest.is_empty() {
        let (block, behind) = match rest.strip_prefix("```").and_then(|block| block.split_once('\n')) {
            Some((language, block)) => {
                let (content, behind) = fenced(block);
                (shown_block(language.trim(), content), behind)
            }
            None => {
                let (paragraph, behind) = rest.split_once("\n\n").unwrap_or((rest, ""));
                (shown_paragraph(paragraph, style), behind)
            }
        };
        text.push_str(&format!("\n{block}"));
        rest = behind.trim_start_matches('\n');
    }
    text
}

/// The content of a block up to its closing fence, and what stands behind it.
fn fenced(block: &str) -> (&str, &str) {
    match block.strip_prefix("```") {
        Some(behind) => ("", behind),
        None => block.split_once("\n```").unwrap_or((block, "")),
    }
}

fn shown_block(language: &str, content: &str) -> String {
    // Findings are drawn for 80 columns and files may have long paths; a spec has room.
    let margin = if language == "kdl" { "    " } else { "" };
    let caption = match language {
        "files" => "(files)\n",
        "interfaces" => "(interfaces of the machine)\n",
        "ports" => "(ports that other programs hold)\n",
        _ => "",
    };
    let lines: String = content.lines().map(|line| format!("{}\n", format!("{margin}{line}").trim_end())).collect();
    format!("{caption}{lines}")
}

fn shown_paragraph(paragraph: &str, style: Style) -> String {
    if let Some(heading) = paragraph.strip_prefix('#') {
        return format!("{}\n", bold(heading.trim_start_matches('#').trim(), style));
    }
    // Each sentence of the sources has a line of its own; items of lists keep theirs.
    let mut items: Vec<String> = Vec::new();
    for line in paragraph.lines() {
        match items.last_mut() {
            Some(item) if !line.starts_with("- ") => *item = format!("{item} {}", line.trim()),
            _ => items.push(line.trim().to_owned()),
        }
    }
    let indent = |item: &str| if item.starts_with("- ") { "  " } else { "" };
    items.iter().map(|item| format!("{}\n", emphasized(&wrap(item, style, indent(item)), style))).collect()
}

/// What stands between two asterisks each is bold where there are colors, and else has no mark.
fn emphasized(text: &str, style: Style) -> String {
    let parts = text.split("**").enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { bold(part, style) } else { part.to_owned() }).collect()
}

fn bold(text: &str, style: Style) -> String {
    if style.color { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
}
