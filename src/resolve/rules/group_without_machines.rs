//! Every `group` has machines.

use crate::diag::nearest::{listed, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::spec::Spec;

/// Firmware that shows no menu never asks what it boots, and clients of a subnet that no network serves get no answer.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    // A network that is named by its interface alone may have any subnet.
    let served: Option<Vec<_>> = spec.networks.iter().map(|network| network.subnet.as_ref()).collect();
    let relayed = spec.networks.iter().flat_map(|network| &network.relays);
    let served: Option<Vec<_>> =
        served.map(|subnets| subnets.into_iter().chain(relayed).map(|net| net.value).collect());
    for group in &spec.groups {
        let name = shown(&group.name.value);
        for arch in group.arches.iter().filter(|arch| arch.value.of_menus().is_none()) {
            out.push(
                Diagnostic::new(
                    Code::GroupWithoutMachines,
                    format!("group `{name}` is for `{}`, which shows no menu of netspec", arch.value.name()),
                )
                .at(arch.span, "never asks what it boots")
                .help("name the processor of the UEFI that starts iPXE or GRUB, as in `\"uefi-arm64\"`"),
            );
        }
        let Some(served) = &served else { continue };
        let is_served = |subnet: &ipnet::Ipv4Net| served.iter().any(|net| net.contains(subnet) || subnet.contains(net));
        for subnet in group.subnets.iter().filter(|subnet| !is_served(&subnet.value)) {
            out.push(
                Diagnostic::new(
                    Code::GroupWithoutMachines,
                    format!("group `{name}` is for `{}`, where no network of this spec is", subnet.value),
                )
                .at(subnet.span, "no client is there")
                .help(match &served[..] {
                    [] => "add a `network` with this subnet".to_owned(),
                    served => format!("the networks and their relays are {}", listed(served.iter().take(5))),
                }),
            );
        }
    }
}
