//! `server { origin … }`: payload comes from another server, and everything else from here.

use std::path::Path;

use netspec::cli::compile::{Outcome, compile};
use netspec::plan::{Node, Plan};
use netspec::proto::dhcp::{BootRequest, Local, ReceivedOn, ServerAddr, Verdict, answer};
use netspec::world::OsWorld;

use crate::support::{Folder, trees};

const SPEC: &str = "network \"home\" { subnet \"192.168.1.0/24\" }\niso \"debian\" \"isos/debian.iso\"\n";

fn outcome(server: &str) -> Outcome {
    let folder = Folder::with_spec(&format!("{SPEC}{server}")).iso("debian.iso", "DEBIAN", &trees::debian_live());
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    compiled.outcome.unwrap_or_else(|| panic!("{:?}", compiled.findings))
}

fn rendered(plan: &Plan, path: &str) -> String {
    let payload = plan.payload_origin();
    match plan.tree.get(path).or_else(|| plan.everywhere.get(path)) {
        Some(Node::Text(text)) => text.render(&plan.served([192, 168, 1, 5].into(), payload.as_ref())),
        other => panic!("{path} is {other:?}"),
    }
}

/// What the answer to a DHCPDISCOVER has in its `file` field or in option 67.
fn told(plan: &Plan, options: &[(u8, &[u8])]) -> String {
    let mut discover = vec![1, 1, 6, 0, 1, 2, 3, 4];
    discover.resize(28, 0);
    discover.extend([0x52, 0x54, 0, 1, 2, 3]);
    discover.resize(236, 0);
    discover.extend([99, 130, 83, 99, 53, 1, 1]);
    for (code, value) in options {
        discover.extend([*code, u8::try_from(value.len()).unwrap()]);
        discover.extend(*value);
    }
    discover.push(255);
    let server = ServerAddr::new([192, 168, 1, 5].into()).unwrap();
    let source = "0.0.0.0:68".parse().unwrap();
    let local = Local { server, port: ReceivedOn::Dhcp67, http_port: plan.server.http_port, source };
    match answer(&plan.boot, &BootRequest::parse(&discover).unwrap(), &local) {
        Verdict::Answer(reply) => reply.file,
        Verdict::Silence(reason) => panic!("{reason}"),
    }
}

#[test]
fn kernels_come_from_the_origin_and_scripts_over_tftp() {
    let plan = outcome("server { origin \"http://cdn.example/boot/\" }\n").plan;
    let folder = plan.payload_folder();
    let payload = format!("http://cdn.example/boot/{folder}");
    assert_eq!(plan.payload_origin().unwrap().to_string(), payload);
    let menu = rendered(&plan, "pxelinux/pxelinux.cfg/default");
    assert!(menu.contains(&format!("LINUX {payload}/iso/debian/live/vmlinuz")), "{menu}");
    assert!(menu.contains(&format!("fetch={payload}/iso/debian/live/filesystem.squashfs")), "{menu}");
    let script = rendered(&plan, "boot.ipxe");
    assert!(script.contains(&format!("kernel {payload}/iso/debian/live/vmlinuz")), "{script}");
    assert!(script.contains("chain tftp://192.168.1.5/pxelinux/lpxelinux.0"), "{script}");
    assert!(!script.contains("http://192.168.1.5"), "{script}");
    assert!(!rendered(&plan, "autoexec.ipxe").contains("http://"));
    assert_eq!(plan.http_port(), None);
}

#[test]
fn each_client_is_told_where_its_next_file_is() {
    let plan = outcome("server { origin \"http://cdn.example/boot\" }\n").plan;
    let payload = plan.payload_origin().unwrap();
    let http: &[(u8, &[u8])] = &[(60, b"HTTPClient:Arch:00016:UNDI:003001"), (93, &[0, 16])];
    assert_eq!(told(&plan, http), format!("{payload}/ipxe/x64/ipxe.efi"));
    let uefi: &[(u8, &[u8])] = &[(60, b"PXEClient:Arch:00007:UNDI:003016"), (93, &[0, 7])];
    assert_eq!(told(&plan, uefi), "ipxe/x64/ipxe.efi");
    let ipxe: &[(u8, &[u8])] = &[
        (60, b"PXEClient:Arch:00007:UNDI:003016"),
        (93, &[0, 7]),
        (77, b"iPXE"),
        (175, &[0x13, 1, 1, 0x16, 1, 1, 0x24, 1, 1]),
    ];
    assert_eq!(told(&plan, ipxe), "tftp://192.168.1.5/boot.ipxe");
    let here = outcome("").plan;
    assert_eq!(told(&here, http), "http://192.168.1.5/ipxe/x64/ipxe.efi");
    assert_eq!(told(&here, ipxe), "http://192.168.1.5/boot.ipxe");
    assert_eq!(here.http_port(), Some(80));
}

#[test]
fn the_payload_is_named_by_what_is_in_it_alone() {
    let one = outcome("").plan;
    let two = outcome("server { http 8080; origin \"http://cdn.example/boot\" }\n").plan;
    assert_eq!(one.payload_folder(), two.payload_folder());
    assert_ne!(one.digest(), two.digest());
    let folder = Folder::with_spec(SPEC).iso("debian.iso", "OTHER", &trees::debian_live());
    let other = compile(Path::new(&folder.path("spec.kdl")), &OsWorld).outcome.unwrap();
    assert_ne!(one.payload_folder(), other.plan.payload_folder());
}
