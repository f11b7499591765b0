//! Answers files, made when a machine asks for them.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use bytes::Bytes;

use super::content::{Content, Opened, Role};
use crate::facts::Digest;
use crate::net::Origin;
use crate::plan::Plan;
use crate::plan::answers::{Asked, Ready, place};
use crate::plan::machine::Machines;
use crate::proto::identity::Identity;
use crate::spec::loader::Machine;

/// The templates of a plan, ready.
pub(super) struct AnswerFiles {
    /// By their names; where a template of another release's plan is none, why.
    ready: BTreeMap<String, Result<Ready, String>>,
    machines: Machines,
    http_port: u16,
    payload: Option<Origin>,
}

impl AnswerFiles {
    /// Reads the templates.
    pub(super) fn of(plan: &Plan) -> Self {
        let read =
            |(name, answers): (&String, _)| (name.clone(), Ready::of(answers).map_err(|error| error.to_string()));
        let ready = plan.answers.iter().map(read).collect();
        Self {
            ready,
            machines: plan.machines.clone(),
            http_port: plan.server.http_port,
            payload: plan.payload_origin(),
        }
    }

    /// What stands for a machine in the paths that PXELINUX is told: as little as tells it from others, because its names of files
    /// have 127 bytes at most.
    pub(super) fn who(&self, identity: &Identity) -> String {
        let host = |identity: &Identity| self.machines.find(identity).host.map(|host| &host.name);
        let of_card = Identity { mac: identity.mac, ..Identity::default() };
        let identity = Identity { cpu: None, ..identity.clone() };
        let short = if host(&of_card) == host(&identity) && of_card.mac.is_some() { of_card } else { identity };
        match short.path("") {
            path if path.contains('-') => path.trim_end_matches('/').to_owned(),
            _ => "machine/mac-".to_owned(),
        }
    }

    /// A file for the machine that the path speaks of, asked for by the client at this address. `None` where the path is none
    /// of these.
    ///
    /// # Errors
    /// Why there is no such file for this machine, in words.
    pub(super) fn open(&self, path: &str, local: Ipv4Addr, client: Option<Ipv4Addr>) -> Option<Result<Opened, String>> {
        let mut asked = Asked::from_path(path)?;
        asked.identity.address = client;
        // PXELINUX alone does not say, and it runs on legacy BIOS.
        asked.identity.cpu = asked.identity.cpu.or(Some(Machine::Bios));
        let ready = match self.ready.get(asked.answers)? {
            Ok(ready) => ready,
            Err(why) => return Some(Err(format!("answers {} are no template: {why}", asked.answers))),
        };
        let origin = match self.http_port {
            80 => format!("http://{local}"),
            port => format!("http://{local}:{port}"),
        };
        let payload = self.payload.as_ref().map_or_else(|| origin.clone(), ToString::to_string);
        let made = ready.file(&asked, &self.machines, &place(local, &origin, &payload, asked.iso))?;
        let whom = match self.machines.find(&asked.identity).host {
            Some(host) => format!("host {}", host.name),
            None => "a machine that is no host".to_owned(),
        };
        Some(made.map_err(|why| format!("answers {} for {whom} cannot be made: {why}", asked.answers)).map(|text| {
            let bytes = Bytes::from(text);
            Opened {
                path: path.into(),
                len: bytes.len() as u64,
                etag: format!("\"{}\"", Digest::of(&bytes).short()).into(),
                content: Content::Memory(bytes),
                modified: None,
                role: Role::Answers,
                decided: None,
            }
        }))
    }
}
