//! The script for iPXE: on legacy BIOS it leads to the same PXELINUX as a plain PXE ROM gets, on UEFI it is the menu itself.
//!
//! Absolute URLs only: `${next-server}` is the router under proxyDHCP (netbootxyz/netboot.xyz #736).

mod menu;
mod text;

use super::template::{HOST, ORIGIN, Template};
use super::{Node, Plan, Role, ipxe_boot};
use crate::facts::{Facts, IPXE_X64};
use crate::proto::dhcp::{BiosBoot, EfiBoot, EfiCpu};
use crate::resolve::ResolvedSpec;

const SCRIPT: &str = "boot.ipxe";
/// iPXE for UEFI. It asks DHCP again and is then told the script.
const PROGRAM_X64: &str = "ipxe/x64/ipxe.efi";

pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, bios: &BiosBoot, plan: &mut Plan) {
    plan.tree.insert(SCRIPT.into(), Node::Text(Template::new(script(spec, facts, &bios.file))));
    plan.roles.insert(SCRIPT.into(), Role::Menu);
    plan.boot.ipxe = Some(ipxe_boot(SCRIPT, bios));
    if let Some(pin) = &facts.ipxe_x64 {
        plan.loaders.insert(IPXE_X64.to_owned(), pin.clone());
        plan.tree.insert(PROGRAM_X64.to_owned(), Node::Loader(IPXE_X64.to_owned()));
        plan.boot.efi.insert(EfiCpu::X64, EfiBoot { file: PROGRAM_X64.to_owned() });
        plan.boot.http.insert(EfiCpu::X64, PROGRAM_X64.to_owned());
    }
}

fn script(spec: &ResolvedSpec, facts: &Facts, loader: &str) -> String {
    let first = menu::first(spec);
    let menus = menu::all(spec, facts);
    format!(
        "#!ipxe
iseq ${{platform}} efi && goto {first} ||
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
