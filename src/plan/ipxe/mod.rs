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

use super::template::{HOST, ORIGIN, Template};
use super::{Node, Plan, Role, ipxe_boot, loader};
use crate::facts::Facts;
use crate::proto::dhcp::{BiosBoot, EfiBoot};
use crate::resolve::ResolvedSpec;
use crate::spec::loader::LoaderKind;

pub(super) use self::menu::of_one;

const SCRIPT: &str = "boot.ipxe";
/// What iPXE for UEFI executes in place of asking DHCP what to do: it looks beside the program that the firmware loaded, and
/// then in the root (IP-05; iPXE `efi_autoexec.c`, since 2021).
const AUTOEXEC: &str = "autoexec.ipxe";

/// Adds the script, and every iPXE for UEFI that was found. iPXE asks DHCP again and is then told the script.
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, bios: &BiosBoot, plan: &mut Plan) {
    plan.tree.insert(SCRIPT.into(), Node::Text(Template::new(script(spec, facts, &bios.file))));
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

fn script(spec: &ResolvedSpec, facts: &Facts, loader: &str) -> String {
    let first = menu::first(spec);
    let menus = menu::all(spec, facts);
    let detection = cpu::detection(facts);
    format!(
        "#!ipxe
{detection}iseq ${{platform}} efi && goto {first} ||
chain {ORIGIN}/{loader} || chain tftp://{HOST}/{loader} || goto no_loader

:no_loader
echo netspec at {HOST} could not be reached for {loader}
sleep 10
exit 1

:failed
echo That did not work; the lines above say why. The menu comes back.
sleep 10
goto {first}
{menus}"
    )
}
