//! Addresses that are given out are of those that are set aside for networks of one's own.

use std::net::Ipv4Addr;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;
use crate::spec::network::DhcpMode;

pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    for network in &spec.networks {
        let Some(DhcpMode::Server(server)) = network.dhcp.as_ref().map(|dhcp| &dhcp.value) else { continue };
        let (Some(subnet), Some(range)) = (&network.subnet, &server.range) else { continue };
        // A range that is not in its subnet has a finding of its own.
        let is_inside = |address| subnet.value.contains(&address);
        if is_public(range.value.first()) && is_inside(range.value.first()) && is_inside(range.value.last()) {
            out.push(
                Diagnostic::new(
                    Code::PublicRange,
                    format!("range `{}` is of the Internet: its addresses belong to somebody", range.value),
                )
                .at(range.span, "public addresses")
                .at(subnet.span, "the subnet")
                .help("write a subnet in `192.168.0.0/16`, `172.16.0.0/12` or `10.0.0.0/8`, unless these addresses are yours"),
            );
        }
    }
}

/// Whether an address is none of those that the registry sets aside for networks of one's own, tests or documentation (IANA
/// "IPv4 Special-Purpose Address Registry", RFC 6890).
fn is_public(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    let is_shared = a == 100 && (64..128).contains(&b);
    let is_benchmark = a == 198 && (18..20).contains(&b);
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_documentation()
        || is_shared
        || is_benchmark
        || a == 0
        || a >= 224)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_private_addresses_from_public_ones() {
        let public = ["192.186.1.0", "172.32.0.1", "8.8.8.8", "100.128.0.1", "198.20.0.1", "11.0.0.1"];
        let own =
            ["192.168.1.0", "172.31.0.1", "10.255.0.1", "100.64.0.1", "198.51.100.1", "198.18.0.1", "169.254.1.1"];
        for address in public {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
        for address in own {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }
}
