//! Where clients begin, where hosts or groups begin elsewhere than with the first menu.
//!
//! | path | what |
//! |---|---|
//! | `start/menu/<menu>/boot.ipxe`, `…/grub.cfg`, `…/pxelinux.cfg` | begins with a menu |
//! | `start/entry/<menu>/<entry>/boot.ipxe`, … | begins with an entry, without its menu |
//!
//! A client does not ask for these but for `machine/…` with what it knows of itself
//! ([`Identity`]), and the server opens the one of them that [`Plan::machines`] says.

use super::template::Template;
use super::{Node, Plan, Role, ipxe, menu};
use crate::facts::Facts;
use crate::proto::identity::Identity;
use crate::resolve::{ResolvedSpec, Start};
use crate::spec::loader::Machine;

/// The file of iPXE: a script that says where its menus begin.
pub const IPXE: &str = "boot.ipxe";
/// The file of GRUB, likewise.
pub const GRUB: &str = "grub.cfg";
/// The file of PXELINUX, which has its whole first menu.
pub const PXELINUX: &str = "pxelinux.cfg";

/// The path of a file in the tree.
pub fn path(start: &Start, file: &str) -> String {
    match start {
        Start::Menu(menu) => format!("start/menu/{menu}/{file}"),
        Start::Entry(menu, entry) => format!("start/entry/{menu}/{entry}/{file}"),
    }
}

/// Whether a path is that of a file which each machine has of its own. PXELINUX looks for it below its folder.
pub fn is_own(path: &str) -> bool {
    own(path).is_some()
}

/// Who asks for a file of its own, and for which; `None` where the path is another one.
pub fn own(path: &str) -> Option<(Identity, &str)> {
    let (identity, file) = Identity::from_path(path.strip_prefix("pxelinux/").unwrap_or(path))?;
    // PXELINUX runs on legacy BIOS alone.
    let cpu = if file == PXELINUX { Some(Machine::Bios) } else { identity.cpu };
    Some((Identity { cpu, ..identity }, file))
}

/// The entries that a machine can be sent to: a menu and an entry of it. None where all begin alike.
pub fn entries(plan: &Plan) -> impl Iterator<Item = (&str, &str)> {
    plan.tree
        .keys()
        .filter_map(|path| path.strip_prefix("start/entry/")?.strip_suffix(IPXE)?.strip_suffix('/')?.split_once('/'))
}

/// Adds every place that a client may be sent to, for iPXE and PXELINUX: each menu and each entry, because any of them can be
/// the next boot of a machine. Adds nothing where all begin alike.
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) {
    if plan.machines.is_empty() {
        return;
    }
    plan.boot.own_config = Some(PXELINUX.to_owned());
    for start in spec.starts() {
        if let Some(text) = ipxe::start(&start, spec, facts) {
            put(&start, IPXE, text, plan);
        }
        if let Some(text) = menu::start(&start, spec, facts, plan) {
            put(&start, PXELINUX, text, plan);
        }
    }
}

/// Adds one file.
pub(super) fn put(start: &Start, file: &str, text: String, plan: &mut Plan) {
    let path = path(start, file);
    plan.roles.insert(path.clone(), Role::Menu);
    plan.tree.insert(path, Node::Text(Template::new(text)));
}
