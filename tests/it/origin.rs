//! `server { origin … }`: payload comes from another server, and everything else from here.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use netspec::cli::compile::{Outcome, compile};
use netspec::plan::{Node, Plan};
use netspec::proto::dhcp::{BootRequest, Local, ReceivedOn, ServerAddr, Verdict, answer};
use netspec::serve::content::{Content, Files as _};
use netspec::serve::tree::FileTree;
use netspec::world::OsWorld;

use crate::support::net::{Machine, Netspec};
use crate::support::{Folder, signed, text as text_of, trees};

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
    let other = compile(&folder.path("spec.kdl"), &OsWorld).outcome.unwrap();
    assert_ne!(one.payload_folder(), other.plan.payload_folder());
}

/// A folder with shim and a GRUB that has HTTP, named by the spec.
fn with_grub(origin: &str) -> Folder {
    let loaders = "loader \"shim-x64\" \"shim.efi\"\nloader \"grub-x64\" \"grub.efi\"\n";
    let spec = format!("{SPEC}{loaders}server {{ http 8080; origin {origin:?} }}\n");
    let folder = Folder::with_spec(&spec).iso("debian.iso", "DEBIAN", &trees::debian_live());
    std::fs::write(folder.path("shim.efi"), signed::shim("Some CA")).unwrap();
    std::fs::write(folder.path("grub.efi"), signed::grub("Some CA", true)).unwrap();
    folder
}

/// ST-08: GRUB looks for its menu at the root of the server that it came from, which an origin with a path is not. So shim, GRUB and
/// their menus come from here, and kernels from the origin if GRUB gets there.
#[test]
fn grub_comes_from_here_and_takes_kernels_from_the_origin() {
    let folder = with_grub("http://cdn.example:8000/boot");
    let outcome = compile(&folder.path("spec.kdl"), &OsWorld).outcome.unwrap();
    let plan = &outcome.plan;
    let payload = plan.payload_folder();
    assert_eq!(plan.http_port(), Some(8080));
    let http: &[(u8, &[u8])] = &[(60, b"HTTPClient:Arch:00016:UNDI:003001"), (93, &[0, 16])];
    assert_eq!(told(plan, http), "http://192.168.1.5:8080/grub/x64/shimx64.efi");
    let start = rendered(plan, "grub/grub.cfg");
    assert!(start.contains(&format!("source (http,cdn.example:8000)/boot/{payload}/grub/http.cfg\n")), "{start}");
    assert_eq!(rendered(plan, "grub/http.cfg"), "set http=yes\n");
    assert!(rendered(plan, "grub/iso/debian.cfg").contains("linux \"($files)$base/iso/debian/live/vmlinuz\" "));
    for path in plan.tree.keys().filter(|path| path.ends_with(".cfg") && path.starts_with("grub/")) {
        let mut check = Command::new("grub-script-check").stdin(Stdio::piped()).spawn().unwrap();
        check.stdin.take().unwrap().write_all(rendered(plan, path).as_bytes()).unwrap();
        assert!(check.wait().unwrap().success(), "{path}");
    }
    // The mark by which GRUB sees that it can load over HTTP is published with the kernels.
    let said = folder.netspec_ok(&["build", "spec.kdl"]);
    let made = folder.path(&format!("out/{payload}"));
    assert_eq!(std::fs::read_to_string(made.join("grub/http.cfg")).unwrap(), "set http=yes\n", "{said}");
    assert!(!made.join("grub/grub.cfg").exists());
    let explained = folder.netspec_ok(&["explain", "spec.kdl", "--arch", "http-x64", "--server", "192.168.1.5"]);
    let kernel = format!("http://cdn.example:8000/boot/{payload}/iso/debian/live/vmlinuz");
    assert!(explained.contains(&kernel), "{explained}");
}

/// GRUB has no TLS, so it stays with the server that it came from.
#[test]
fn grub_does_not_try_an_origin_that_needs_tls() {
    let folder = with_grub("https://cdn.example/boot");
    let outcome = compile(&folder.path("spec.kdl"), &OsWorld).outcome.unwrap();
    let start = rendered(&outcome.plan, "grub/grub.cfg");
    assert!(!start.contains("source (http") && start.contains("set files=\"$root\"\n"), "{start}");
    assert!(!outcome.plan.tree.contains_key("grub/http.cfg"));
}

/// netspec's HTTP port stays closed, what TFTP hands out names the origin, and an origin without the payload is told.
#[test]
fn serve_opens_no_http_and_says_what_the_origin_lacks() {
    let (server, pcs) = (Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    for (machine, link, address) in [(&server, "lan0", "10.1.0.1/24"), (&pcs, "pc0", "10.1.0.9/24")] {
        machine.ip(&format!("addr add {address} dev {link}"));
        machine.ip(&format!("link set {link} up"));
    }
    let origin = server.on(|| TcpListener::bind("10.1.0.1:8080").unwrap());
    let answered = thread::spawn(move || {
        let (mut stream, _) = origin.accept().unwrap();
        let mut request = [0; 1024];
        let n = stream.read(&mut request).unwrap();
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").unwrap();
        String::from_utf8_lossy(&request[..n]).into_owned()
    });
    let spec = "network \"a\" { interface \"lan0\" }\niso \"debian\" \"isos/debian.iso\"\n\
                server { origin \"http://10.1.0.1:8080/boot\" }\n";
    let folder = Folder::with_spec(spec).iso("debian.iso", "DEBIAN", &trees::debian_live());
    let payload = compile(&folder.path("spec.kdl"), &OsWorld).outcome.unwrap().plan.payload_folder();
    let netspec = Netspec::start(&server, folder, &[]);
    let request = answered.join().unwrap();
    assert!(request.starts_with(&format!("HEAD /boot/{payload}/index.json HTTP/1.1\r\n")), "{request}");
    let until = Instant::now() + Duration::from_secs(20);
    while !netspec.intro().contains("does not have it: it answers 404\n  help: run `netspec build`") {
        assert!(Instant::now() < until, "{}", netspec.intro());
        thread::sleep(Duration::from_millis(20));
    }
    assert!(netspec.intro().contains("TFTP on port 69 and no HTTP"), "{}", netspec.intro());
    let refused = pcs.on(|| TcpStream::connect("10.1.0.1:80").unwrap_err().kind());
    assert_eq!(refused, ErrorKind::ConnectionRefused);
    let script = pcs.fetch("tftp://10.1.0.1/boot.ipxe");
    assert!(
        script.contains(&format!("kernel http://10.1.0.1:8080/boot/{payload}/iso/debian/live/vmlinuz ")),
        "{script}"
    );
}

/// Answers are made for each machine and fetched over HTTP, so netspec's HTTP stays open, and no other server can have them.
#[test]
fn answers_stay_here_and_point_to_isos_at_the_origin() {
    let spec = "network \"home\" { subnet \"192.168.1.0/24\" }\niso \"debian\" \"isos/debian.iso\"\n\
                answers \"auto\" \"auto.cfg\" format=\"preseed\"\n\
                menu \"main\" {\n    entry \"auto\" iso=\"debian\" answers=\"auto\" {\n        kernel \"live/vmlinuz\"\n        \
                initrd \"live/initrd.img\"\n    }\n}\nserver { http 8080; origin \"http://cdn.example/boot\" }\n";
    let folder = Folder::with_spec(spec).iso("debian.iso", "DEBIAN", &trees::debian_live());
    std::fs::write(folder.path("auto.cfg"), "d-i mirror/http/hostname string {{ iso }}\n").unwrap();
    let outcome = compile(&folder.path("spec.kdl"), &OsWorld).outcome.unwrap();
    let (plan, payload) = (&outcome.plan, outcome.plan.payload_origin().unwrap());
    assert_eq!(plan.http_port(), Some(8080));
    let script = rendered(plan, "boot.ipxe");
    assert!(script.contains("url=http://192.168.1.5:8080/answers/auto/debian/machine/"), "{script}");
    assert!(script.contains(&format!("kernel {payload}/iso/debian/live/vmlinuz ")), "{script}");
    let tree = FileTree::open(plan, &outcome.gathered).unwrap();
    let asked = "answers/auto/debian/machine/mac-52-54-00-aa-bb-cc/preseed.cfg";
    let Some(Content::Memory(bytes)) = tree.open(asked, [192, 168, 1, 5].into()).map(|opened| opened.content) else {
        panic!("no {asked}")
    };
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(&format!("string {payload}/iso/debian\n")), "{text}");
    for args in [&["build", "spec.kdl", "--server", "192.168.1.5"][..], &["export", "dnsmasq", "spec.kdl"]] {
        let output = folder.netspec(args);
        assert_eq!(output.status.code(), Some(2));
        assert!(text_of(&output.stderr).contains("answers `auto` are made for each machine that asks"));
    }
    let said = folder.netspec_ok(&["build", "spec.kdl"]);
    assert!(said.contains("left to `netspec serve`: the answers auto, made for each machine"), "{said}");
}
