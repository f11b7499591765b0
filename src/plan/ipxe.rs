//! The script for iPXE: it leads to the same menu as a plain BIOS client sees.

use crate::proto::dhcp::BiosBoot;

use super::template::{HOST, ORIGIN, Template};
use super::{Node, Plan, Role, ipxe_boot};

const SCRIPT: &str = "boot.ipxe";

pub(super) fn add(bios: &BiosBoot, plan: &mut Plan) {
    plan.tree.insert(SCRIPT.into(), Node::Text(script(&bios.file)));
    plan.roles.insert(SCRIPT.into(), Role::Menu);
    plan.boot.ipxe = Some(ipxe_boot(SCRIPT, bios));
}

/// Absolute URLs only: `${next-server}` is the router under proxyDHCP (netbootxyz/netboot.xyz #736).
fn script(loader: &str) -> Template {
    Template::new(format!(
        "#!ipxe
iseq ${{platform}} pcbios || goto other
chain {ORIGIN}/{loader} || chain tftp://{HOST}/{loader} || goto failed

:other
echo netspec at {HOST} boots legacy BIOS clients only; this is iPXE on ${{platform}} (${{buildarch}})
goto end

:failed
echo netspec at {HOST} could not be reached for {loader}

:end
sleep 10
exit 1
"
    ))
}
