//! Whether the ports that serving needs are free on this machine, said before it is tried.

use std::net::Ipv4Addr;

use super::host::{self, Located};
use super::port_holder::{Holder, Protocol, in_use, listed};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::Network;

/// The port of TFTP, which firmware has no other for (RFC 1350 section 4).
const TFTP: u16 = 69;

/// What netspec itself is called where it serves already, which is no hindrance to what is checked.
const OWN_NAME: &str = "netspec";

/// Looks at this machine; without a port of HTTP, none is wanted. Port 67 is not asked for: netspec can answer beside another
/// program there (CO-05).
pub fn check(networks: &[Network], http_port: Option<u16>) -> Diagnostics {
    findings(networks, &host::locate(networks).0, http_port, &in_use)
}

/// The same on a machine of which `in_use` says who holds a port at an address: `None` where it is free.
pub fn findings(
    networks: &[Network],
    located: &[Located],
    http_port: Option<u16>,
    in_use: &dyn Fn(Protocol, Ipv4Addr, u16) -> Option<Vec<Holder>>,
) -> Diagnostics {
    let mut findings = Diagnostics::default();
    let http = http_port.map(|port| (Protocol::Tcp, port, "HTTP"));
    let wanted: Vec<_> = std::iter::once((Protocol::Udp, TFTP, "TFTP")).chain(http).collect();
    for place in located {
        let Some(network) = networks.iter().find(|network| network.name == place.network) else { continue };
        for &(protocol, port, what) in &wanted {
            let held = place.addresses.iter().find_map(|address| Some((address, in_use(protocol, *address, port)?)));
            let Some((address, holders)) = held else { continue };
            if holders.iter().any(|holder| holder.name == OWN_NAME) {
                continue;
            }
            let who = listed(&holders);
            let message = format!("port {protocol} {port}, for {what} at {address}, is held by {who}");
            let help = match protocol {
                Protocol::Udp => format!("stop {who}: firmware asks for TFTP on no other port"),
                Protocol::Tcp => {
                    let other = if port == 8080 { 8000 } else { 8080 };
                    format!("write `server {{ http {other} }}`, or stop {who}")
                }
            };
            findings.push(Diagnostic::new(Code::PortInUse, message).at(network.span, "to be served here").help(help));
        }
    }
    findings
}
