//! The steps of a boot, as values.

use std::net::Ipv4Addr;

use serde::Serialize;

use super::files::Fetched;
use super::firmware::Sent;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum Step {
    /// The client asks over DHCP.
    Asks(Question),
    /// The client loads a file.
    Loads(Load),
}

/// A DHCP message of the client, and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Question {
    /// What happens, in a sentence.
    pub title: String,
    /// `DHCPDISCOVER`.
    pub message: &'static str,
    /// Where it goes.
    pub to: String,
    /// The options that tell what the client is.
    pub sends: Vec<Sent>,
    /// What comes back.
    pub answer: Answer,
}

/// What netspec answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum Answer {
    /// This is sent.
    Offer(Offer),
    /// Nothing is sent.
    Silence {
        /// Why, as `netspec serve --verbose` says it.
        reason: String,
        /// What to do about it.
        change: Option<String>,
    },
}

/// An answer, read back from its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Offer {
    /// `DHCPOFFER`.
    pub message: &'static str,
    /// Where it goes.
    pub to: String,
    /// What the client was taken for.
    pub client: String,
    /// The rule of the spec that was followed, if one fits.
    pub rule: Option<String>,
    /// How long the answer waits, in milliseconds.
    pub delay_ms: u64,
    /// The address that the client gets, where netspec is the DHCP server of the network.
    pub address: Option<Ipv4Addr>,
    /// The boot file or URL.
    pub file: String,
    /// The server to load it from (`siaddr`).
    pub server: Ipv4Addr,
    /// Option 60.
    pub vendor_class: Option<String>,
    /// Option 43, in words.
    pub vendor_options: Option<String>,
    /// Option 43 of a second answer, where a rule asks for two.
    pub also: Option<String>,
    /// Option 209: the configuration file of PXELINUX.
    pub config_file: Option<String>,
    /// Option 210: the folder that PXELINUX begins at.
    pub path_prefix: Option<String>,
    /// Why it is this answer.
    pub why: String,
}

/// A file that the client loads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Load {
    /// What happens, in a sentence.
    pub title: String,
    /// The file.
    pub file: Fetched,
    /// For programs of UEFI: whether it carries a signature of somebody.
    pub signed: Option<bool>,
    /// What some versions of it do otherwise.
    pub note: Option<String>,
}

/// Something that keeps the client from booting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Problem {
    /// What is wrong.
    pub what: String,
    /// What to do about it, where that is known.
    pub change: Option<String>,
}
