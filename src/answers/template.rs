//! The template engine: strict, without files, and bounded.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::{MAX_RESULT, MAX_STEPS, MAX_VALUE, Machine, Place, context, escape};
use crate::diag::nearest::is_harmful;
use crate::spec::answers::Format;

/// The one template of an environment.
const NAME: &str = "answers";

/// A template of answers that is well written.
pub struct Template {
    environment: Environment<'static>,
    format: Format,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template").field("format", &self.format).finish_non_exhaustive()
    }
}

/// The text is no template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct TemplateError {
    /// The line, from 1 on.
    pub line: usize,
    /// What is wrong, as a phrase.
    pub reason: String,
}

/// A template gives no file for a machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct RenderError {
    /// The line of the template, from 1 on.
    pub line: usize,
    /// Why.
    pub fault: Fault,
}

/// Why a template gives no file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A variable without a value, as the template names it.
    #[error("`{0}` is undefined")]
    Undefined(String),
    /// Anything else, as a phrase.
    #[error("{0}")]
    Other(String),
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// The first fault of its syntax.
    pub fn parse(format: Format, text: &str) -> Result<Self, TemplateError> {
        let mut environment = Environment::new();
        // Lines that only have `{% if … %}` leave none behind, and the last line keeps its end: some readers want it.
        let mut syntax = SyntaxConfig::builder();
        if let Ok(syntax) = syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build() {
            environment.set_syntax(syntax);
        }
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_debug(true);
        environment.set_fuel(Some(MAX_STEPS));
        environment.set_auto_escape_callback(move |_| AutoEscape::Custom(format.name().into()));
        environment.set_formatter(move |out, state, value| put(format, out, state, value));
        // The one collects text without end, the other prints what a person is to read.
        environment.remove_global("namespace");
        environment.remove_global("debug");
        environment.add_filter("raw", |value: String| Value::from_safe_string(value));
        // For formats in which a part of the text is in another language: a script in YAML, a command in a preseed file.
        environment.add_filter("shell", |value: String| Value::from_safe_string(escape::shell_word(&value)));
        environment.add_filter("json", |value: Value| {
            escape::json(&value)
                .map(Value::from_safe_string)
                .map_err(|why| Error::new(ErrorKind::BadSerialization, why))
        });
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|error| TemplateError { line: error.line().unwrap_or(1), reason: phrase(&error) })?;
        Ok(Self { environment, format })
    }

    /// The installer that it is for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The variables that it may ask for, with what they have behind a dot: `disk`, `host.mac`.
    pub fn names(&self) -> BTreeSet<String> {
        let template = self.environment.get_template(NAME);
        template.map(|template| template.undeclared_variables(true).into_iter().collect()).unwrap_or_default()
    }

    /// The file for a machine.
    ///
    /// # Errors
    /// [`RenderError`] says in which line the template asks for what the machine does not have, or does what it may not.
    pub fn render(&self, machine: &Machine<'_>, place: &Place) -> Result<String, RenderError> {
        self.render_with(machine, place, &BTreeSet::new())
    }

    /// The same, where these names have some value if they have none: what else is missing is then to be seen.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render_with(
        &self,
        machine: &Machine<'_>,
        place: &Place,
        filled: &BTreeSet<String>,
    ) -> Result<String, RenderError> {
        let values = Value::from_pairs(context(machine, place, filled));
        let mut out = Limited(Vec::new());
        let rendered = self.environment.get_template(NAME).and_then(|template| {
            template.render_captured_to(values, &mut out)?;
            Ok(())
        });
        rendered.map_err(|error| self.explain(&error))?;
        // Only text was written.
        Ok(String::from_utf8(out.0).unwrap_or_default())
    }

    fn explain(&self, error: &Error) -> RenderError {
        let fault = match error.kind() {
            ErrorKind::UndefinedError => Fault::Undefined(self.undefined(error)),
            ErrorKind::OutOfFuel => Fault::Other(format!("the template takes more than {MAX_STEPS} steps")),
            ErrorKind::WriteFailure => Fault::Other(format!("the result has more than {MAX_RESULT} bytes")),
            _ => Fault::Other(phrase(error)),
        };
        RenderError { line: error.line().unwrap_or(1), fault }
    }

    /// What the template calls an undefined value. The engine names it in its words where it knows it; else it is what stands
    /// at that place.
    fn undefined(&self, error: &Error) -> String {
        let named = error.detail().and_then(|detail| detail.split_once("` is undefined")).map(|(before, _)| before);
        if let Some((_, name)) = named.and_then(|before| before.rsplit_once('`')) {
            return name.to_owned();
        }
        let template = self.environment.get_template(NAME);
        let text =
            template.as_ref().ok().and_then(|template| template.source().get(error.range()?)).unwrap_or_default();
        let text = text.trim_start_matches("{{").trim_end_matches("}}").trim_matches(['-', '+', ' ']);
        text.split('|').next().unwrap_or_default().trim().to_owned()
    }
}

/// Puts a value into the result.
fn put(format: Format, out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if value.as_str().is_some_and(|text| text.len() > MAX_VALUE) {
        return Err(Error::new(ErrorKind::InvalidOperation, format!("a value has more than {MAX_VALUE} bytes")));
    }
    let text = if value.is_safe() || matches!(state.auto_escape(), AutoEscape::None) {
        value.to_string()
    } else {
        escape::escaped(format, value).map_err(|why| Error::new(ErrorKind::InvalidOperation, why))?
    };
    out.write_str(&text).map_err(Error::from)
}

/// An error without its place, as a phrase on one line.
fn phrase(error: &Error) -> String {
    let said = match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    };
    let said = match error.kind() {
        ErrorKind::SyntaxError if said.contains("unknown statement") => {
            format!("{said} (templates of answers have `if`, `for`, `set` and `with`)")
        }
        _ => said,
    };
    said.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect()
}

/// Text up to a limit.
struct Limited(Vec<u8>);

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_RESULT {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
