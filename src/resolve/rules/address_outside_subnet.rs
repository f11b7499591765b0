//! The address that clients are told is one of the network's own.

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let (Some(subnet), Some(address)) = (&network.subnet, &network.address) else { continue };
        let (net, told) = (subnet.value, address.value);
        // A subnet of two addresses or one has no broadcast address (RFC 3021).
        let is_reserved = net.prefix_len() < 31 && (told == net.network() || told == net.broadcast());
        let (message, label) = match net.contains(&told) {
            false => (format!("address `{told}` is not in subnet `{net}`"), "outside"),
            true if is_reserved => {
                (format!("address `{told}` stands for all of subnet `{net}`"), "no address of one machine")
            }
            true => continue,
        };
        out.push(
            Diagnostic::new(Code::AddressOutsideSubnet, message)
                .at(address.span, label)
                .at(subnet.span, "the subnet of this network")
                .help("write the address that this machine has in the subnet, or remove the line: netspec finds it"),
        );
    }
}
