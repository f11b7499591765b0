//! A lease lasts longer than a boot.

use std::time::Duration;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

/// A live system of 2 GiB takes 3 minutes at 100 Mbit/s, and firmware and a person at the menu come before it.
const SHORTEST: Duration = Duration::from_secs(300);

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let Some(DhcpMode::Server(server)) = network.dhcp.as_ref().map(|dhcp| &dhcp.value) else { continue };
        let Some(lease) = server.lease.as_ref().filter(|lease| lease.value < SHORTEST) else { continue };
        let message = format!("a lease of {} seconds can end before a PC has booted", lease.value.as_secs());
        out.push(
            Diagnostic::new(Code::LeaseTooShort, message)
                .at(lease.span, "shorter than a boot")
                .help("write `\"1h\"`, or leave the line out for 12 hours: boot loaders do not renew what they got"),
        );
    }
}
