//! dnsmasq's configuration file, with what is lost as comments. Checked with dnsmasq 2.90.

use std::fmt::Write as _;

use super::Place;
use crate::plan::Plan;
use crate::proto::dhcp::{Architecture, BiosBoot, EfiCpu, Platform};
use crate::resolve::{AddressPool, DhcpMode, Network};

/// What PXE firmware shows while it loads.
const TITLE: &str = "Network boot";

/// The configuration for `place`. `build` is the command that makes the folder that it hands out.
pub fn config(plan: &Plan, place: &Place, build: &str) -> String {
    let mut text = format!(
        "# dnsmasq, as close to netspec as it comes. What it hands out is made by:\n#   {build}\n\n\
         # No DNS; remove this line where dnsmasq does that, too.\nport=0\nlog-dhcp\n\n# TFTP\nenable-tftp\ntftp-root={}\n",
        place.root()
    );
    for network in &plan.networks {
        text.push_str(&network_lines(network, place));
    }
    let is_proxy = plan.networks.iter().any(|network| network.dhcp == DhcpMode::Proxy);
    let is_server = plan.networks.iter().any(|network| matches!(network.dhcp, DhcpMode::Server(_)));
    text.push_str("\n# Who asks\ndhcp-match=set:ipxe,175\n");
    for (cpu, numbers) in firmware(plan, Platform::Uefi) {
        for number in numbers {
            let _ = writeln!(
                text,
                "dhcp-match=set:uefi-{cpu},option:client-arch,{number}\ndhcp-match=set:uefi,option:client-arch,{number}"
            );
        }
    }
    if is_proxy {
        text.push_str(&proxy(plan));
    }
    if is_server {
        text.push_str(&server(plan, place));
    }
    if plan.boot.ipxe.is_some() {
        let _ = write!(
            text,
            "\n# iPXE on UEFI gets netspec's menu.\ndhcp-boot=tag:ipxe,tag:uefi,{}/boot.ipxe\n",
            place.origin
        );
    }
    let losses = losses(plan);
    if !losses.is_empty() {
        text.push_str("\n# What netspec does and dnsmasq cannot:\n");
        for loss in losses {
            let _ = writeln!(text, "# - {loss}");
        }
    }
    text
}

fn network_lines(network: &Network, place: &Place) -> String {
    let mut text = format!("\n# Network `{}`\n", network.name);
    if let Some(interface) = &network.interface {
        let _ = writeln!(text, "interface={interface}");
    }
    match &network.dhcp {
        DhcpMode::Proxy => {
            let _ = match network.subnet {
                Some(subnet) => writeln!(text, "dhcp-range={},proxy,{}", subnet.network(), subnet.netmask()),
                None => writeln!(text, "dhcp-range={},proxy", place.server),
            };
        }
        DhcpMode::Server(pool) => text.push_str(&pool_lines(&network.name, pool)),
        DhcpMode::BootServer => text.push_str("# dnsmasq has no mode for port 4011 alone: nobody is answered here.\n"),
    }
    for relay in &network.relays {
        let _ = match network.dhcp {
            DhcpMode::Proxy => writeln!(text, "dhcp-range={},proxy,{}", relay.network(), relay.netmask()),
            _ => writeln!(text, "# Clients behind relays in {relay} need a dhcp-range of their own."),
        };
    }
    text
}

fn pool_lines(name: &str, pool: &AddressPool) -> String {
    let AddressPool { subnet, range, lease_seconds, router, dns, reservations, .. } = pool;
    // Tags are words; names of a spec are, too.
    let tag = format!("net-{name}");
    let (first, last) = (range.first(), range.last());
    let mut text = format!("dhcp-range=set:{tag},{first},{last},{},{lease_seconds}s\n", subnet.netmask());
    let _ = match router {
        Some(router) => writeln!(text, "dhcp-option=tag:{tag},option:router,{router}"),
        None => writeln!(text, "dhcp-option=tag:{tag},option:router"),
    };
    let servers: Vec<String> = dns.iter().map(ToString::to_string).collect();
    let _ = match servers.is_empty() {
        true => writeln!(text, "dhcp-option=tag:{tag},option:dns-server"),
        false => writeln!(text, "dhcp-option=tag:{tag},option:dns-server,{}", servers.join(",")),
    };
    for (mac, address) in reservations {
        let _ = writeln!(text, "dhcp-host={mac},{address}");
    }
    text
}

/// The processors of UEFI that the plan has programs for, with the names of their tags and their numbers.
fn firmware(plan: &Plan, platform: impl Fn(EfiCpu) -> Platform) -> Vec<(String, Vec<u16>)> {
    let numbers = |cpu: EfiCpu| (0..=64).filter(|n| Architecture(*n).platform() == Some(platform(cpu))).collect();
    plan.boot.efi.keys().map(|cpu| (word(*cpu), numbers(*cpu))).collect()
}

fn word(cpu: EfiCpu) -> String {
    format!("{cpu:?}").to_ascii_lowercase()
}

/// The boot services of a proxy. dnsmasq takes a name with a dot as it is.
fn proxy(plan: &Plan) -> String {
    let mut text = "\n# proxyDHCP: what each kind of firmware loads\n".to_owned();
    if let Some(BiosBoot { file, config_file, path_prefix }) = &plan.boot.bios {
        let _ = writeln!(text, "pxe-service=0,\"{TITLE}\",{file}");
        // As a proxy, dnsmasq drops options 209 and 210 at top level; in option 43 it sends them, and PXELINUX looks there, too.
        for (number, value) in [(209, config_file), (210, path_prefix)] {
            if let Some(value) = value {
                let _ = writeln!(text, "dhcp-option=vendor:PXEClient,{number},{value}");
            }
        }
    }
    for (cpu, boot) in &plan.boot.efi {
        for number in (0..=64).filter(|n| Architecture(*n).platform() == Some(Platform::Uefi(*cpu))) {
            let _ = writeln!(text, "pxe-service=tag:!ipxe,{number},\"{TITLE}\",{}", boot.file);
        }
    }
    text
}

/// What a DHCP server says about booting.
fn server(plan: &Plan, place: &Place) -> String {
    let mut text = "\n# DHCP server: what each kind of firmware loads\n".to_owned();
    if let Some(BiosBoot { file, config_file, path_prefix }) = &plan.boot.bios {
        let _ = writeln!(text, "dhcp-match=set:bios,option:client-arch,0\ndhcp-boot=tag:bios,{file}");
        for (number, value) in [(209, config_file), (210, path_prefix)] {
            if let Some(value) = value {
                let _ = writeln!(text, "dhcp-option-force=tag:bios,{number},{value}");
            }
        }
    }
    for (cpu, boot) in &plan.boot.efi {
        let _ = writeln!(text, "dhcp-boot=tag:!ipxe,tag:uefi-{},{}", word(*cpu), boot.file);
    }
    for (cpu, path) in &plan.boot.http {
        let tag = format!("http-{}", word(*cpu));
        for number in (0..=64).filter(|n| Architecture(*n).platform() == Some(Platform::UefiHttp(*cpu))) {
            let _ = writeln!(text, "dhcp-match=set:{tag},option:client-arch,{number}");
        }
        let _ = writeln!(
            text,
            "dhcp-option-force=tag:{tag},60,HTTPClient\ndhcp-boot=tag:{tag},tag:!ipxe,{}/{path}",
            place.origin
        );
    }
    text
}

/// Each thing that is lost, as a sentence.
fn losses(plan: &Plan) -> Vec<String> {
    let mut losses = Vec::new();
    let is_proxy = plan.networks.iter().any(|network| network.dhcp == DhcpMode::Proxy);
    if is_proxy && !plan.boot.http.is_empty() {
        losses.push("as a proxy it does not answer UEFI HTTP Boot, only PXE".to_owned());
    }
    if plan.boot.ipxe.is_some() {
        losses.push(
            "iPXE in the ROM of a card on legacy BIOS gets PXELINUX over TFTP, not netspec's script over HTTP"
                .to_owned(),
        );
    }
    if plan.boot.complete_ipxe.bios.is_some() || !plan.boot.complete_ipxe.efi.is_empty() {
        losses.push("an iPXE that cannot do enough (gPXE, builds without HTTP) gets no complete one first".to_owned());
    }
    if plan.boot.raspberry_pi.is_some() {
        losses.push(
            "a Raspberry Pi wants a boot service of its own name and with number 0, which legacy BIOS has here"
                .to_owned(),
        );
    }
    for rule in &plan.boot.rules {
        losses.push(format!("the rule `{}`: dnsmasq has one form of offer for all", rule.name));
    }
    if !plan.machines.is_empty() {
        losses.push(
            "hosts and groups that begin with a menu or an entry of their own: all machines begin alike".to_owned(),
        );
    }
    if !plan.boot.vendor_prefixes.is_empty() {
        losses.push(format!("firmware that calls itself {} (option 60)", plan.boot.vendor_prefixes.join(", ")));
    }
    if !plan.stand_ins.is_empty() {
        losses
            .push("shim that asks for GRUB by the name of a network card, as on some Dell PCs, is refused".to_owned());
    }
    if plan.networks.iter().any(|network| matches!(network.dhcp, DhcpMode::Server(_))) {
        losses.push("it does not refuse to start beside another DHCP server".to_owned());
    }
    losses.push(
        "menus and scripts name one address of this machine; with another address, build and export again".to_owned(),
    );
    losses.push("a changed ISO or spec counts only when it was built again".to_owned());
    losses
}
