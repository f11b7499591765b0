//! The menus for GRUB, which shim starts where Secure Boot is on.
//!
//! | path | what |
//! |---|---|
//! | `grub/grub.cfg` | what GRUB asks for first; it sets two variables and goes on to the first menu |
//! | `grub/menu/<name>.cfg` | a menu of the spec |
//! | `grub/iso/<name>.cfg` | the kernels of an ISO |
//! | `grub/http.cfg` | what GRUB finds only if it can load over HTTP; payload's origin has it, too |
//! | `grub/file/…` | kernels and initial RAM disks whose names no two protocols write alike |
//!
//! GRUB looks for `grub.cfg` in the folder that was built into it. Debian's network GRUB has `/grub`; others have the folder
//! of an installed system, and those that ask beside the program itself find it there too.
//!
//! What GRUB loaded its menu from stands in `$root`, and that is this server: over UEFI HTTP Boot GRUB reads it from the device
//! path, with DHCP from the DHCPACK. Kernels come from there, with one exception: after TFTP, HTTP is tried, because a GRUB
//! asks for each kilobyte of a TFTP transfer by itself. Releases without HTTP go on with TFTP (ST-08). Where the spec names an
//! origin, kernels come from there, if GRUB gets `http.cfg` from it, and else from here.

mod menu;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use self::menu::Home;
use super::machine::Machines;
use super::secure_boot::{SecureBoot, Way, secure_boot};
use super::template::{HOST, PAYLOAD_DEVICE, PAYLOAD_PATH, Template};
use super::{Node, Plan, Role, loader, start};
use crate::facts::{CHAINS, Facts};
use crate::proto::dhcp::EfiBoot;
use crate::resolve::ResolvedSpec;

/// Where GRUB of Debian and Ubuntu looks for its menu.
const FOLDER: &str = "grub";
/// The file in it that leaves a mark where GRUB can load over HTTP.
const HTTP: &str = "http.cfg";

/// The path of that file in the tree.
pub(super) fn http_mark() -> String {
    format!("{FOLDER}/{HTTP}")
}

/// Adds shim, GRUB and the menus for each processor whose clients find their way with them. shim takes the place of iPXE there,
/// because nothing in DHCP tells whether Secure Boot is on, and without it shim and GRUB work as well (AR-03).
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) {
    let mut folders = BTreeSet::new();
    for SecureBoot { cpu, http, pxe, .. } in secure_boot(spec, facts) {
        let Some((machine, shim, grub)) = CHAINS.into_iter().find(|(_, shim, _)| loader::cpu(*shim) == Some(cpu))
        else {
            continue;
        };
        let is_wanted = spec.wanted_loaders.iter().any(|wanted| wanted.kind == shim);
        if http != Way::Shim && pxe != Way::Shim && !is_wanted {
            continue;
        }
        let Some(program) = loader::place(shim, facts, plan) else { continue };
        let next = loader::place(grub, facts, plan);
        if let Some((folder, _)) = program.rsplit_once('/')
            && let Some(node) = next.and_then(|path| plan.tree.get(&path))
        {
            plan.stand_ins.insert(folder.to_owned(), node.clone());
        }
        folders.extend(facts.secure.chains.get(&machine).map(|chain| chain.grub_folder.clone()));
        folders.extend(program.rsplit_once('/').map(|(folder, _)| folder.to_owned()));
        if http == Way::Shim {
            plan.boot.http.insert(cpu, program.clone());
        }
        if pxe == Way::Shim {
            plan.boot.efi.insert(cpu, EfiBoot { file: program });
        }
    }
    if !folders.is_empty() {
        add_menus(spec, facts, &folders, plan);
    }
}

/// Adds the menus, and the script that leads to them in each of `folders`.
fn add_menus(spec: &ResolvedSpec, facts: &Facts, folders: &BTreeSet<String>, plan: &mut Plan) {
    let origin = plan.server.origin.as_ref();
    let mut out = Files { nodes: BTreeMap::new(), root: if origin.is_some() { "($files)$base" } else { "($from)" } };
    let home = if plan.machines.is_empty() { Home::First } else { Home::Own };
    let first = menu::all(home, spec, facts, &mut out);
    let own = own_start(&first, &plan.machines);
    let (http, found) = match origin {
        Some(origin) if origin.is_https() => (String::new(), None),
        Some(_) => (from_origin(), Some("set http=yes\n".to_owned())),
        None => {
            let http = http_device(plan.server.http_port);
            (from_here(&http), Some(format!("set from={http}\n")))
        }
    };
    if let Some(found) = found {
        out.text(HTTP, found);
    }
    let has_origin = origin.is_some();
    if home == Home::Own {
        for place in spec.starts() {
            if let Some(text) = menu::start(&place, spec, facts, &mut out) {
                start::put(&place, start::GRUB, text, plan);
            }
        }
    }
    for (path, node) in out.nodes {
        if let Node::Text(_) = node {
            plan.roles.insert(path.clone(), Role::Menu);
        }
        plan.tree.insert(path, node);
    }
    let start = start(&http, &own, !plan.answers.is_empty(), has_origin);
    for folder in folders.iter().map(String::as_str).chain([FOLDER]) {
        let path = format!("{}/grub.cfg", folder.trim_matches('/'));
        plan.roles.insert(path.clone(), Role::Menu);
        plan.tree.insert(path, Node::Text(Template::new(start.clone())));
    }
}

/// The files of GRUB's folder, as they are made.
struct Files {
    nodes: BTreeMap<String, Node>,
    /// Where kernels come from, in GRUB's words.
    root: &'static str,
}

impl Files {
    fn text(&mut self, name: &str, text: String) {
        self.nodes.insert(format!("{FOLDER}/{name}"), Node::Text(Template::new(text)));
    }

    /// The name by which GRUB asks for a file of the tree, with the server.
    fn name(&mut self, file: &str) -> String {
        let path = self.path(file);
        format!("\"{}{path}\"", self.root)
    }

    /// The path by which GRUB asks for a file of the tree.
    ///
    /// Over HTTP Boot it must be written as in a URL and over TFTP as it is, so one that would differ gets a name without
    /// such characters.
    fn path(&mut self, file: &str) -> String {
        if file.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~')) {
            return format!("/{file}");
        }
        let plain: String = file.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = (0..)
            .map(|at| format!("{FOLDER}/file/{at}/{plain}"))
            .find(|path| match self.nodes.get(path) {
                Some(Node::Alias(target)) => target == file,
                _ => true,
            })
            .unwrap_or_default();
        self.nodes.insert(path.clone(), Node::Alias(file.to_owned()));
        format!("/{path}")
    }
}

/// The device of our HTTP server, as GRUB names it.
fn http_device(port: u16) -> String {
    match port {
        80 => format!("http,{HOST}"),
        port => format!("http,{HOST}:{port}"),
    }
}

/// Sets what stands for the machine in the URL of its answers ([`Identity`](crate::proto::identity::Identity)).
const MACHINE_VARIABLE: &str = r#"insmod smbios
smbios --type 1 --get-uuid 8 --set uuid
set machine="machine/mac-$net_default_mac/uuid-$uuid/arch-$grub_cpu-$grub_platform"
export machine
"#;
/// The lines that go on with HTTP after TFTP, from this machine.
fn from_here(http: &str) -> String {
    format!(
        r#"if [ "$root" = "tftp,{HOST}" ]; then
    source ({http})/{FOLDER}/{HTTP}
fi
"#
    )
}

/// The lines that go on with HTTP from the origin of payload.
fn from_origin() -> String {
    format!(
        r#"source ({PAYLOAD_DEVICE}){PAYLOAD_PATH}/{FOLDER}/{HTTP}
if [ "$http" = "yes" ]; then
    set files="{PAYLOAD_DEVICE}"
    set base="{PAYLOAD_PATH}"
fi
"#
    )
}

/// The script that everything begins with.
///
/// It shows GRUB's menu without Secure Boot, too. iPXE cannot take over there: over HTTP Boot GRUB has a way to load it and none
/// to start it ("destination unreachable", 2.12), and one that came over TFTP starts, finds the card in GRUB's hands and ends
/// (2.06 with iPXE of 2019).
///
/// `source` says that all is well where there is no such file, so what it loads must leave a mark. `regexp` writes the hardware
/// address as PXELINUX does; GRUB's own form has colons, which most initramfs take too.
fn start(http: &str, then: &str, has_answers: bool, has_origin: bool) -> String {
    let machine = if has_answers { MACHINE_VARIABLE } else { "" };
    let (files, names) = match has_origin {
        true => ("set files=\"$root\"\nset base=\"\"\n", "from files base bootif cpu CPU"),
        false => ("", "from bootif cpu CPU"),
    };
    format!(
        r#"set from="$root"
{files}{http}set bootif="01-$net_default_mac"
if regexp --set=1:a --set=2:b --set=3:c --set=4:d --set=5:e --set=6:f '^(..):(..):(..):(..):(..):(..)$' "$net_default_mac"; then
    set bootif="01-$a-$b-$c-$d-$e-$f"
fi
if [ "$grub_cpu" = arm64 ]; then
    set cpu=aa64
    set CPU=AA64
else
    set cpu=x64
    set CPU=X64
fi
export {names}
{machine}set pager=0
{then}"#
    )
}

/// What follows: the first menu, or what this machine begins with.
///
/// A GRUB without the module `smbios` says so in one line and knows the hardware address alone. A serial number with other
/// characters than these would have to be written otherwise over HTTP than over TFTP.
fn own_start(first: &str, machines: &Machines) -> String {
    if machines.is_empty() {
        return format!("source \"($from)/{FOLDER}/{first}\"\n");
    }
    let (serial, said) = match machines.know_serials() {
        true => (
            r#"smbios --type 1 --get-string 7 --set serial
if regexp '^[A-Za-z0-9._-]+$' "$serial"; then
    set serialtext="/serialtext-$serial"
fi
"#,
            "$serialtext",
        ),
        false => ("", ""),
    };
    format!(
        r#"set home={first}
insmod smbios
smbios --type 1 --get-uuid 8 --set uuid
{serial}source "($from)/machine/mac-$net_default_mac/uuid-$uuid{said}/arch-$grub_cpu-$grub_platform/{file}"
export home
source "($from)/{FOLDER}/$home"
"#,
        file = start::GRUB
    )
}
