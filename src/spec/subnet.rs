//! Subnets and addresses as values.

use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::Ipv4Net;
use kdl::KdlEntry;

use super::value::{self, Wanted};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

/// Reads the argument of `subnet` or `relay`.
pub(super) fn subnet(entry: &KdlEntry, node: &str, out: &mut Diagnostics) -> Option<Spanned<Ipv4Net>> {
    let text = value::string(entry, Wanted::argument(node), out)?;
    let seen = shown(&text.value);
    let invalid = |message: String, label: &str, help: String| {
        Diagnostic::new(Code::InvalidSubnet, message).at(text.span, label).help(help)
    };
    let diagnostic = match text.value.parse::<Ipv4Net>() {
        Ok(net) if net.addr() != net.network() => invalid(
            format!("`{seen}` is an address in a subnet, not the subnet"),
            "host bits are set",
            String::new(),
        )
        .replace(format!("\"{}\"", net.trunc())),
        Ok(net) if net.prefix_len() == 0 => invalid(
            format!("`{seen}` is all of IPv4"),
            "no subnet",
            "write the subnet of one network, as in `\"192.168.1.0/24\"`".to_owned(),
        ),
        Ok(net) => return Some(Spanned::new(net, text.span)),
        Err(_) if is_v6(&text.value) => invalid(
            format!("`{seen}` is an IPv6 subnet"),
            "IPv6",
            "write the IPv4 subnet: boot over IPv6 is to come, and not in this release; where firmware offers both, choose \
             IPv4 in its setup"
                .to_owned(),
        ),
        Err(_) if text.value.contains(':') => invalid(
            format!("`{seen}` is not an IPv4 subnet"),
            "IPv6 or a hardware address",
            "write an IPv4 address and a prefix length, as in `\"192.168.1.0/24\"`".to_owned(),
        ),
        Err(_) => match (text.value.parse::<Ipv4Addr>(), text.value.split_once('/')) {
            (Ok(address), _) => invalid(
                format!("`{seen}` has no prefix length"),
                "an address alone",
                format!("write how long the network part is, as in `\"{}\"`", slash_24(address)),
            ),
            (_, Some((address, mask))) if address.parse::<Ipv4Addr>().is_ok() => invalid(
                format!("`{seen}` has no prefix length from 0 to 32 behind the `/`"),
                "not a prefix length",
                match mask
                    .parse()
                    .ok()
                    .and_then(|mask| Ipv4Net::with_netmask(address.parse().ok()?, mask).ok().map(|net| net.trunc()))
                {
                    Some(net) => format!("write `\"{net}\"`"),
                    None => "write it as in `\"192.168.1.0/24\"`".to_owned(),
                },
            ),
            _ => invalid(
                format!("`{seen}` is not an IPv4 subnet"),
                "not a subnet",
                "write an address and a prefix length, as in `\"192.168.1.0/24\"`".to_owned(),
            ),
        },
    };
    out.push(diagnostic);
    None
}

/// The usual subnet of a small network around this address.
fn slash_24(address: Ipv4Addr) -> Ipv4Net {
    Ipv4Net::new_assert(address, 24).trunc()
}

/// Whether this is an IPv6 address, with or without a prefix length.
fn is_v6(text: &str) -> bool {
    text.split('/').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// Reads the argument of `address`: an address that a machine can have. `help` says which to write.
pub(super) fn address(entry: &KdlEntry, help: &str, out: &mut Diagnostics) -> Option<Spanned<Ipv4Addr>> {
    let text = value::string(entry, Wanted::argument("address"), out)?;
    let seen = shown(&text.value);
    let (message, label, fixed) = match (text.value.parse::<Ipv4Addr>(), text.value.split_once('/')) {
        (Ok(address), _) if address.is_unspecified() || address.is_broadcast() || address.is_multicast() => {
            (format!("`{seen}` is no address of one machine"), "no machine can have it", None)
        }
        (Ok(address), _) => return Some(Spanned::new(address, text.span)),
        (_, Some((address, _))) if address.parse::<Ipv4Addr>().is_ok() => (
            format!("`{seen}` is not an address alone"),
            "with a prefix length",
            Some(format!("write `\"{address}\"`")),
        ),
        _ => (format!("`{seen}` is not an IPv4 address"), "not an address", None),
    };
    let help = fixed.unwrap_or_else(|| help.to_owned());
    out.push(Diagnostic::new(Code::InvalidValue, message).at(text.span, label).help(help));
    None
}
