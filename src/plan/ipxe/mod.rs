//! The script for iPXE: on legacy BIOS it leads to the same PXELINUX as a plain PXE ROM gets, on UEFI it is the menu itself.
//!
//! On BIOS it could draw the menu itself, too. It does not, for three reasons: an ISO's own menu is only to be had from PXELINUX,
//! which reads where its menus are from our offer, so that one menu could not lead to another; iPXE in a card's ROM writes to no
//! serial line, where PXELINUX does; and cards have iPXE without menus or without Linux.
//!
//! Absolute URLs only: `${next-server}` is the router under proxyDHCP (netbootxyz/netboot.xyz #736).

mod cpu;
mod menu;
mod text;

use self::menu::Home;
use super::machine::Machines;
use super::template::{HOST, ORIGIN, Template};
use super::{Node, Plan, Role, ipxe_boot, loader, start};
use crate::facts::Facts;
use crate::proto::dhcp::{BiosBoot, EfiBoot};
use crate::resolve::{ResolvedSpec, Start};
use crate::spec::loader::LoaderKind;

pub(super) use self::menu::of_one;

const SCRIPT: &str = "boot.ipxe";
/// What iPXE for UEFI executes in place of asking DHCP what to do: it looks beside the program that the firmware loaded, and
/// then in the root (IP-05; iPXE `efi_autoexec.c`, since 2021).
const AUTOEXEC: &str = "autoexec.ipxe";

/// Where a client begins, as a script that the other one runs: it sets two labels and comes back.
pub(super) fn start(start: &Start, spec: &ResolvedSpec, facts: &Facts) -> Option<String> {
    let (first, home) = menu::start(start, spec, facts)?;
    Some(format!("#!ipxe\nset home {home}\nset first {first}\n"))
}

/// Adds the script, and every iPXE for UEFI that was found. iPXE asks DHCP again and is then told the script.
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, bios: &BiosBoot, plan: &mut Plan) {
    let script = script(spec, facts, &plan.machines, &bios.file);
    plan.tree.insert(SCRIPT.into(), Node::Text(Template::new(script)));
    plan.roles.insert(SCRIPT.into(), Role::Menu);
    plan.boot.ipxe = Some(ipxe_boot(SCRIPT, bios));
    plan.everywhere.insert(AUTOEXEC.into(), Node::Text(Template::new(autoexec())));
    for kind in LoaderKind::ALL.iter().copied().filter(|kind| kind.is_ipxe()) {
        if let Some(cpu) = loader::cpu(kind)
            && let Some(program) = loader::place(kind, facts, plan)
        {
            plan.boot.efi.insert(cpu, EfiBoot { file: program.clone() });
            plan.boot.http.insert(cpu, program);
        }
    }
}

/// Leads to the script. No address is set yet where the firmware loaded iPXE, and netspec's own offer may have come too late
/// or not at all.
///
/// It cannot go in circles: nothing that it leads to is an iPXE on UEFI, and with `--replace` the end of the script is its own.
fn autoexec() -> String {
    format!(
        "#!ipxe
isset ${{netX/ip}} || dhcp || goto failed
chain --replace {ORIGIN}/{SCRIPT} || chain --replace tftp://{HOST}/{SCRIPT} || goto failed

:failed
echo netspec at {HOST} could not be reached for {SCRIPT}
sleep 10
exit 1
"
    )
}

fn script(spec: &ResolvedSpec, facts: &Facts, machines: &Machines, loader: &str) -> String {
    let first = menu::first(spec);
    let detection = cpu::detection(facts);
    let (home, menus) = match machines.is_empty() {
        true => (first.clone(), menu::all(Home::First, spec, facts)),
        false => ("${home}".to_owned(), menu::all(Home::Own, spec, facts)),
    };
    let (on_uefi, own) = match machines.is_empty() {
        true => (first, String::new()),
        false => ("own".to_owned(), own_start(&first, machines)),
    };
    let config = if machines.know_serials() { own_config() } else { String::new() };
    format!(
        "#!ipxe
{detection}iseq ${{platform}} efi && goto {on_uefi} ||
{config}chain {ORIGIN}/{loader} || chain tftp://{HOST}/{loader} || goto no_loader

:no_loader
echo netspec at {HOST} could not be reached for {loader}
sleep 10
exit 1
{own}
:failed
echo That did not work; the lines above say why. The menu comes back.
sleep 10
goto {home}
{menus}"
    )
}

/// Asks where this machine begins. The script that comes sets both labels; where none comes, it is the first menu.
fn own_start(first: &str, machines: &Machines) -> String {
    let path = own_path(machines, start::IPXE);
    format!(
        "
:own
set home {first}
set first {first}
chain {ORIGIN}/{path} || chain tftp://{HOST}/{path} ||
goto ${{first}}
"
    )
}

/// Tells PXELINUX the serial number, which netspec does not learn from DHCP. PXELINUX reads option 209 in two packets that iPXE
/// makes for it: one from the settings of the card, and then one from what a proxy offered. That one is as long as it was
/// received, so nothing longer can be put into it (iPXE `dhcpopts.c`), and its own option has to go.
fn own_config() -> String {
    let path = format!("{OWN}/serial-${{serial:hexhyp}}/{}", start::PXELINUX);
    format!("set netX/209:string {path} ||\nclear proxydhcp/209 ||\n")
}

/// What iPXE says of the machine ([`Identity::from_path`](crate::proto::identity::Identity::from_path)).
const OWN: &str = "machine/mac-${netX/mac:hexhyp}/uuid-${uuid}";

fn own_path(machines: &Machines, file: &str) -> String {
    let serial = if machines.know_serials() { "/serial-${serial:hexhyp}" } else { "" };
    format!("{OWN}{serial}/arch-${{buildarch}}-${{platform}}/{file}")
}
