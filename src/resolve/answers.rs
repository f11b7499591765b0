//! The `answers` nodes with their files, and what templates may say of machines.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use ipnet::Ipv4Net;

use super::beside;
use crate::net::MacAddr;
use crate::source::{Span, Spanned};
use crate::spec::answers::Format;
use crate::spec::set::{Variable, VariableValue};
use crate::spec::{Answers, Host, Spec};

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

/// A machine that the spec names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownMachine {
    /// Its name.
    pub name: Spanned<String>,
    /// The hardware address of its network card.
    pub mac: Option<MacAddr>,
    /// The address that it always has.
    pub address: Option<Ipv4Addr>,
    /// The subnet of that address, where a network of the spec has it.
    pub subnet: Option<Ipv4Net>,
    /// Its own values of variables.
    pub variables: Variables,
    /// Where each of these variables is named.
    pub variable_spans: BTreeMap<String, Span>,
}

/// `None` where a finding forbids serving.
pub(super) fn source(answers: &Answers, spec_path: &Path) -> Option<AnswersSource> {
    let template = |path: &Spanned<String>| TemplateSource {
        written: path.value.clone(),
        path: beside(spec_path, &path.value),
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

/// The machines of the spec.
pub(super) fn machines(spec: &Spec) -> Vec<KnownMachine> {
    let subnets: Vec<Ipv4Net> =
        spec.networks.iter().filter_map(|network| network.subnet.as_ref()).map(|subnet| subnet.value).collect();
    let machine = |host: &Host| {
        let address = host.address.as_ref().map(|address| address.value);
        KnownMachine {
            name: host.name.clone(),
            mac: host.mac.as_ref().map(|mac| mac.value),
            address,
            subnet: address.and_then(|address| subnets.iter().find(|subnet| subnet.contains(&address)).copied()),
            variables: values(&host.variables),
            variable_spans: spans(&host.variables),
        }
    };
    spec.hosts.iter().map(machine).collect()
}

fn values(variables: &[Variable]) -> Variables {
    variables.iter().map(|variable| (variable.name.value.clone(), variable.value.value.clone())).collect()
}

fn spans(variables: &[Variable]) -> BTreeMap<String, Span> {
    variables.iter().map(|variable| (variable.name.value.clone(), variable.name.span)).collect()
}
