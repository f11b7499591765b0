//! The templates of answers, as text.

use std::collections::BTreeMap;
use std::io;

use super::nearby::nearby;
use crate::answers::{MAX_TEMPLATE, Template};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::{AnswersSource, ResolvedSpec, TemplateSource};
use crate::spec::answers::Format;
use crate::world::World;

/// The text of templates, which are well written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswersText {
    /// The template.
    pub template: String,
    /// The template of cloud-init's `meta-data`, where the spec has one.
    pub meta_data: Option<String>,
}

/// Reads the templates of all answers; those with findings are left out.
pub(super) fn gather(
    spec: &ResolvedSpec,
    world: &dyn World,
    findings: &mut Diagnostics,
) -> BTreeMap<String, AnswersText> {
    let mut texts = BTreeMap::new();
    for source in &spec.answers {
        let mut read = |template: &TemplateSource| match text(source, template, world) {
            Ok(text) => Some(text),
            Err(finding) => {
                findings.push(*finding);
                None
            }
        };
        let template = read(&source.template);
        let meta_data = source.meta_data.as_ref().map(&mut read);
        if let (Some(template), None | Some(Some(_))) = (template, &meta_data) {
            texts.insert(source.name.clone(), AnswersText { template, meta_data: meta_data.flatten() });
        }
    }
    texts
}

fn text(source: &AnswersSource, template: &TemplateSource, world: &dyn World) -> Result<String, Box<Diagnostic>> {
    let bytes = world.read(&template.path, MAX_TEMPLATE).map_err(|error| unread(source, template, &error, world))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        let message = format!("the template of answers `{}` is not UTF-8 in line {line}", source.name);
        let finding = Diagnostic::new(Code::AnswersUnreadable, message);
        Box::new(finding.at(template.span, "not a text").help("save the file as UTF-8"))
    })?;
    match Template::parse(source.format, &text) {
        Ok(_) => Ok(text),
        Err(error) => {
            let message = format!("`{}` is no template: {error}", shown(&template.written));
            let finding = Diagnostic::new(Code::AnswersSyntax, message).at(template.span, "not a template");
            Err(Box::new(finding.help(syntax_help(source.format, &error.reason))))
        }
    }
}

fn syntax_help(format: Format, reason: &str) -> String {
    let here = match format {
        Format::Kickstart => "a shell's `${#x}` begins a comment of templates: write `{% raw %}${#x}{% endraw %}`",
        _ => {
            "`{{ … }}` puts a value in and `{% … %}` is a statement; write `{% raw %}…{% endraw %}` around text that has them"
        }
    };
    match reason.contains("unknown statement include") || reason.contains("unknown statement import") {
        true => "put the text of both files into one: a template reads no other file".to_owned(),
        false => here.to_owned(),
    }
}

fn unread(source: &AnswersSource, template: &TemplateSource, error: &io::Error, world: &dyn World) -> Box<Diagnostic> {
    let (name, path) = (&source.name, template.path.display());
    let unreadable = |why: String| Diagnostic::new(Code::AnswersUnreadable, why);
    Box::new(match error.kind() {
        io::ErrorKind::NotFound => {
            let message = format!("the template of answers `{name}` is not there: no file `{path}`");
            Diagnostic::new(Code::AnswersNotFound, message).at(template.span, "no such file").help(nearby(
                &template.path,
                world,
                |_| true,
            ))
        }
        io::ErrorKind::IsADirectory => unreadable(format!(
            "the template of answers `{name}` is a directory, not a file"
        ))
        .at(template.span, "a directory")
        .help(
            "name the file itself; for cloud-init, name the `user-data`, and `meta-data` in the block if there is one",
        ),
        io::ErrorKind::FileTooLarge => {
            unreadable(format!("the template of answers `{name}` has more than {} KiB", MAX_TEMPLATE / 1024))
                .at(template.span, "too large")
                .help("an answers file is some hundred lines; let it fetch what is larger")
        }
        io::ErrorKind::PermissionDenied => {
            unreadable(format!("the template of answers `{name}` may not be read by this user"))
                .at(template.span, "no permission")
                .help(format!("let the user that runs netspec read `{path}` and enter the folders that it is in"))
        }
        _ => unreadable(format!("the template of answers `{name}` cannot be read: {error}"))
            .at(template.span, "cannot be read")
            .help(format!("see what `head -c 1 {path}` says")),
    })
}
