//! Answers: what an installer reads in place of asking a person, made from a template for one machine.
//!
//! [`Template::parse`] takes the text of a file, [`Template::render`] gives the file for one machine. What comes out depends on
//! the text, the [`Machine`] and our [`Place`], and on nothing else; templates read no files, not even each other.
//!
//! A value stands in the result as the format writes it (`escape`), so that no value can become a directive; the filter `raw`
//! puts one in as it is. [`check`] says what an installer would not read.
//!
//! **Limits:** a template may have [`MAX_TEMPLATE`] bytes, a result [`MAX_RESULT`], a single value in it [`MAX_VALUE`], and
//! rendering takes at most [`MAX_STEPS`] steps. A template is as much trusted as the spec that names it; what clients say of
//! themselves is not, and comes in as values only.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod check;
mod escape;
mod secret;
mod template;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use minijinja::Value;

pub use self::secret::{Secret, secrets};
pub use self::template::{Fault, RenderError, Template, TemplateError};
use crate::net::{MacAddr, Uuid};
use crate::spec::answers::Format;
use crate::spec::set::VariableValue;

/// The largest template, in bytes.
pub const MAX_TEMPLATE: u64 = 256 * 1024;
/// The largest result, in bytes.
pub const MAX_RESULT: usize = 1024 * 1024;
/// The largest value that is put into a result, in bytes.
pub const MAX_VALUE: usize = 64 * 1024;
/// How many steps of the template engine a result may take.
pub const MAX_STEPS: u64 = 100_000;

/// What is known of the machine that a file is for. What is `None` is undefined in templates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine<'a> {
    /// The name of its `host`.
    pub name: Option<&'a str>,
    /// The hardware address of the network card that it boots from.
    pub mac: Option<MacAddr>,
    /// The UUID that its firmware has for it.
    pub uuid: Option<Uuid>,
    /// The serial number that its firmware has for it.
    pub serial: Option<&'a str>,
    /// The address that the spec gives it.
    pub address: Option<Ipv4Addr>,
    /// The subnet of that address.
    pub subnet: Option<Ipv4Net>,
    /// Its kind of firmware and processor: `uefi-x64`.
    pub arch: Option<&'a str>,
    /// Variables of the spec: those of the machine, and the defaults of the answers for the rest.
    pub variables: BTreeMap<&'a str, &'a VariableValue>,
}

/// Where the machine reaches us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Our address.
    pub server: Ipv4Addr,
    /// The beginning of our URLs, without a slash at the end: `http://192.168.1.5:8080`.
    pub origin: String,
    /// The URL of the root of the ISO that the entry boots, without a slash at the end; `None` where it boots none.
    pub iso: Option<String>,
}

/// The names below `host` in templates.
pub const HOST_NAMES: &[&str] = &["name", "mac", "uuid", "serial", "address", "subnet", "netmask", "prefix", "arch"];

/// A value for each name that a template may use.
/// `filled` names those that have some value if they have none.
fn context(machine: &Machine<'_>, place: &Place, filled: &BTreeSet<String>) -> BTreeMap<String, Value> {
    let below_host = |name: &'_ String| name.strip_prefix("host.").map(str::to_owned);
    let mut host: BTreeMap<String, Value> =
        filled.iter().filter_map(below_host).map(|name| (name, Value::from(""))).collect();
    let shown = |text: String| Value::from(text);
    let mut put = |name: &str, value: Option<Value>| host.extend(value.map(|value| (name.to_owned(), value)));
    put("name", machine.name.map(Value::from));
    put("mac", machine.mac.map(|mac| shown(mac.to_string())));
    put("uuid", machine.uuid.map(|uuid| shown(uuid.to_string())));
    put("serial", machine.serial.map(Value::from));
    put("address", machine.address.map(|address| shown(address.to_string())));
    put("subnet", machine.subnet.map(|subnet| shown(subnet.to_string())));
    put("netmask", machine.subnet.map(|subnet| shown(subnet.netmask().to_string())));
    put("prefix", machine.subnet.map(|subnet| Value::from(subnet.prefix_len())));
    put("arch", machine.arch.map(Value::from));
    let variables = machine.variables.iter().map(|(name, value)| {
        let value = match value {
            VariableValue::Text(text) => Value::from(text.as_str()),
            VariableValue::Number(number) => Value::from(*number),
            VariableValue::Truth(truth) => Value::from(*truth),
        };
        ((*name).to_owned(), value)
    });
    let filled = filled.iter().filter(|name| !name.contains('.'));
    let mut context: BTreeMap<String, Value> = filled.map(|name| (name.clone(), Value::from(""))).collect();
    context.extend(variables);
    context.insert("host".to_owned(), Value::from_pairs(host));
    context.insert("server".to_owned(), shown(place.server.to_string()));
    context.insert("origin".to_owned(), Value::from(place.origin.as_str()));
    context.extend(place.iso.as_deref().map(|iso| ("iso".to_owned(), Value::from(iso))));
    context
}

/// What cloud-init's `meta-data` says where the spec has no template of it: the instance is the machine, and is called like it.
///
/// Without an `instance-id` cloud-init would take the source for broken; one that is the same on another machine would make a
/// cloned disk think that it has been set up already.
pub fn minimal_meta_data(machine: &Machine<'_>) -> String {
    let mac = machine.mac.map(|mac| format!("netspec-{}", mac.to_string().replace(':', "")));
    let uuid = machine.uuid.map(|uuid| format!("netspec-{uuid}"));
    let id = mac.or(uuid).or(machine.name.map(|name| format!("netspec-{name}")));
    let id = Value::from(id.unwrap_or_else(|| "netspec".to_owned()));
    let quoted = |value: &Value| escape::escaped(Format::CloudInit, value).unwrap_or_default();
    let name = machine.name.map(|name| format!("local-hostname: {}\n", quoted(&Value::from(name))));
    format!("instance-id: {}\n{}", quoted(&id), name.unwrap_or_default())
}
