//! What a capture of a network shows, and what this spec would have answered.
//!
//! [`read`] takes the packets one after the other. Requests of booting clients go through
//! [`answer()`](crate::proto::dhcp::answer()) as in serving; the answers of servers are laid beside ours. What is kept is
//! bounded, however long the capture is.

mod file;
mod finding;
mod frame;
mod state;

use std::io::Read;

use serde::Serialize;

pub use self::file::NoCapture;
use super::step::{Answer, Problem};
use super::{FORMAT, ServerSeen, Setup};

/// What a capture shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Capture {
    /// The format of this value when printed.
    pub format: u32,
    /// The digest of the plan that answers.
    pub plan: String,
    /// The server whose answers are shown.
    pub server: ServerSeen,
    /// All packets of the file.
    pub packets: u64,
    /// From the first to the last.
    pub seconds: f64,
    /// What has to do with booting, in its order.
    pub events: Vec<Event>,
    /// Events that were not kept, because there were too many.
    pub left_out: u64,
    /// DHCP messages of clients that did not ask to boot, which netspec never answers.
    pub ordinary: u64,
    /// What is wrong on this network.
    pub findings: Vec<Problem>,
    /// Why the file ends before its end.
    pub cut: Option<&'static str>,
}

/// Something that a client or a server did.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Event {
    /// Since the first packet.
    pub seconds: f64,
    /// The client, by its hardware address where it is known.
    pub client: String,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
    /// How often it happened in a row.
    pub times: u32,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "kind")]
pub enum What {
    /// A client asked over DHCP.
    Asked {
        /// `DHCPDISCOVER`, or `DHCPREQUEST on port 4011`.
        message: String,
        /// What this spec answers.
        answer: Answer,
    },
    /// A server answered over DHCP.
    Answered {
        /// Who.
        server: String,
        /// `DHCPOFFER`.
        message: String,
        /// The address that it gives to the client.
        address: Option<String>,
        /// The boot file that it names.
        file: Option<String>,
        /// Its option 60.
        vendor_class: Option<String>,
        /// Whether it says what this spec says.
        is_ours: bool,
    },
    /// A client asked for a file.
    File {
        /// `TFTP` or `HTTP`.
        over: &'static str,
        /// The server.
        server: String,
        /// The name as the client writes it.
        name: String,
    },
    /// A server refused a file, or a transfer was ended with an error.
    Refused {
        /// `TFTP` or `HTTP`.
        over: &'static str,
        /// The server.
        server: String,
        /// The file, as far as its request is in the capture.
        name: Option<String>,
        /// What the server said.
        error: String,
    },
    /// A client asked over DHCPv6.
    Ipv6,
}

/// Reads a capture.
///
/// # Errors
/// Where the file is no capture.
pub fn read(file: impl Read + Send, setup: &Setup<'_>) -> Result<Capture, NoCapture> {
    let mut state = state::State::new(setup);
    let cut = file::each(file, |packet| state.take(&packet))?;
    let findings = state.findings();
    let (first, last) = state.span.unwrap_or((0.0, 0.0));
    Ok(Capture {
        format: FORMAT,
        plan: setup.plan.digest().to_string(),
        server: setup.server_seen(),
        packets: state.packets,
        seconds: last - first,
        events: state.events,
        left_out: state.left_out,
        ordinary: state.ordinary,
        findings,
        cut,
    })
}

#[cfg(test)]
mod tests;
