//! The `answers` nodes with their files, and the variables of templates.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{MenuItem, ResolvedSpec, Target};
use crate::source::{Sources, Span, Spanned};
use crate::spec::Answers;
use crate::spec::answers::Format;
use crate::spec::set::{Variable, VariableValue};

/// Variables of templates by their names.
pub type Variables = BTreeMap<String, VariableValue>;

/// Answers that the spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswersSource {
    /// Their name in the spec, and in paths.
    pub name: String,
    /// The installer that reads them.
    pub format: Format,
    /// The template.
    pub template: TemplateSource,
    /// The template of cloud-init's `meta-data`, where netspec does not make it.
    pub meta_data: Option<TemplateSource>,
    /// Values of variables for machines that have none of their own.
    pub defaults: Variables,
    /// Where each of these variables is named.
    pub default_spans: BTreeMap<String, Span>,
}

/// The answers that a system is told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswersTarget {
    /// Their name.
    pub name: String,
    /// Its installer.
    pub format: Format,
}

/// The file of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateSource {
    /// The path as the spec has it.
    pub written: String,
    /// The file, relative to the current folder or absolute.
    pub path: PathBuf,
    /// Where the path was written.
    pub span: Span,
}

/// `None` where a finding forbids serving.
pub(super) fn source(answers: &Answers, sources: &Sources) -> Option<AnswersSource> {
    let template = |path: &Spanned<String>| TemplateSource {
        written: path.value.clone(),
        path: sources.beside(path),
        span: path.span,
    };
    Some(AnswersSource {
        name: answers.name.value.clone(),
        format: answers.format.as_ref()?.value,
        template: template(answers.path.as_ref()?),
        meta_data: answers.meta_data.as_ref().map(template),
        defaults: values(&answers.variables),
        default_spans: spans(&answers.variables),
    })
}

pub(super) fn values(variables: &[Variable]) -> Variables {
    variables.iter().map(|variable| (variable.name.value.clone(), variable.value.value.clone())).collect()
}

pub(super) fn spans(variables: &[Variable]) -> BTreeMap<String, Span> {
    variables.iter().map(|variable| (variable.name.value.clone(), variable.name.span)).collect()
}

/// Gives each kernel by hand the answers of its entry.
pub(super) fn link(spec: &mut ResolvedSpec) {
    let ResolvedSpec { menus, answers, .. } = spec;
    for item in menus.iter_mut().flat_map(|menu| &mut menu.items) {
        let MenuItem::Entry { answers: Some(named), target, .. } = item else { continue };
        let source = answers.iter().find(|source| source.name == named.value);
        let linked = source.map(|source| AnswersTarget { name: source.name.clone(), format: source.format });
        match target {
            Target::Kernel(kernel) => kernel.answers = linked,
            Target::Files(files) => files.answers = linked,
            _ => {}
        }
    }
}
