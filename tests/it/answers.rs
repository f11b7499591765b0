//! Answers as machines get them: by the menus that they see, each its own file.

use std::fs;
use std::net::Ipv4Addr;

use netspec::plan::Role;
use netspec::serve::content::Files as _;

use crate::support::{Folder, text, trees};
use crate::tree::{read, tree};

const LOCAL: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);
const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 77);

const SPEC: &str = r#"
network "home" { subnet "192.168.1.0/24"; dhcp "server" { range "192.168.1.100-192.168.1.199" } }
iso "arch" "isos/arch.iso"
iso "files" "isos/debian.iso"
answers "server" "server.cfg.j2" format="preseed" { set "disk" "/dev/sda" }
answers "cloud" "user-data.j2" format="cloud-init"
answers "arch" "arch.json.j2" format="archinstall"
host "desk" { mac "52:54:00:aa:bb:cc"; address "192.168.1.50"; set "disk" "/dev/vda" }
host "lap" { mac "52:54:00:aa:bb:dd" }
menu "main" {
    entry "debian" iso="files" answers="server" { kernel "live/vmlinuz"; initrd "live/initrd.img"; arguments "quiet" }
    entry "ubuntu" iso="files" answers="cloud" { kernel "live/vmlinuz"; initrd "live/initrd.img" }
    entry "by-hand" iso="files" answers="server" { kernel "live/vmlinuz"; arguments "file={answers} x={server}" }
    entry "arch" iso="arch" answers="arch"
    entry "plain" iso="arch"
}
server { http 8080 }
loader "pxelinux" "pxelinux/lpxelinux.0" modules="pxelinux"
loader "ipxe-x64" "pxelinux/snponly.efi"
"#;

fn folder() -> Folder {
    let folder = Folder::with_spec(SPEC).iso("arch.iso", "ARCH_202611", &trees::archiso()).iso(
        "debian.iso",
        "Debian",
        &trees::debian_live(),
    );
    fs::create_dir(folder.path("pxelinux")).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        fs::write(folder.path("pxelinux").join(name), name).unwrap();
    }
    fs::write(folder.path("pxelinux/snponly.efi"), trees::x64_program()).unwrap();
    let server = "d-i netcfg/get_hostname string {{ host.name | default('new') }}\n\
                  d-i partman-auto/disk string {{ disk }}\n\
                  {% if host.address is defined %}\nd-i netcfg/get_ipaddress string {{ host.address }}/{{ host.prefix }}\n{% endif %}\n\
                  d-i preseed/late_command string wget {{ origin }}/x {{ iso }}/y {{ host.mac }}\n";
    fs::write(folder.path("server.cfg.j2"), server).unwrap();
    fs::write(folder.path("user-data.j2"), "#cloud-config\nhostname: {{ host.name }}\n").unwrap();
    fs::write(folder.path("arch.json.j2"), "{\"hostname\": {{ host.name | default('new') }}}\n").unwrap();
    folder
}

#[test]
fn each_machine_gets_its_own_file() {
    let folder = folder();
    let tree = tree(&folder);
    let get = |path: &str| {
        let opened = tree.open_for(path, LOCAL, CLIENT);
        opened.map(|opened| {
            assert_eq!(opened.role, Role::Answers);
            read(&opened)
        })
    };
    let desk = "machine/mac-52-54-00-aa-bb-cc/uuid-/arch-x86_64-efi";
    assert_eq!(
        get(&format!("answers/server/files/{desk}/preseed.cfg")).unwrap(),
        "d-i netcfg/get_hostname string desk\nd-i partman-auto/disk string /dev/vda\n\
         d-i netcfg/get_ipaddress string 192.168.1.50/24\n\
         d-i preseed/late_command string wget http://192.168.1.5:8080/x http://192.168.1.5:8080/iso/files/y 52:54:00:aa:bb:cc\n"
    );
    let other = "machine/mac-52-54-00-00-00-01";
    assert_eq!(
        get(&format!("answers/server/files/{other}/preseed.cfg")).unwrap(),
        "d-i netcfg/get_hostname string new\nd-i partman-auto/disk string /dev/sda\n\
         d-i preseed/late_command string wget http://192.168.1.5:8080/x http://192.168.1.5:8080/iso/files/y 52:54:00:00:00:01\n"
    );
    // cloud-init asks for three files.
    let cloud = |file: &str| get(&format!("answers/cloud/files/{desk}/{file}"));
    assert_eq!(cloud("user-data").unwrap(), "#cloud-config\nhostname: \"desk\"\n");
    assert_eq!(cloud("meta-data").unwrap(), "instance-id: \"netspec-525400aabbcc\"\nlocal-hostname: \"desk\"\n");
    assert_eq!(cloud("vendor-data").unwrap(), "");
    assert_eq!(cloud("preseed.cfg"), None);
    // archinstall is started by a script that fetches its configuration.
    let arch = |file: &str| get(&format!("answers/arch/arch/{other}/{file}"));
    assert_eq!(arch("config.json").unwrap(), "{\"hostname\": \"new\"}\n");
    let url = format!("http://192.168.1.5:8080/answers/arch/arch/{other}/arch-i386-pcbios/config.json");
    assert!(arch("install.sh").unwrap().contains(&format!("'{url}'")), "{:?}", arch("install.sh"));
    for missing in ["answers/none/files", "answers/server", "answers"] {
        assert_eq!(get(&format!("{missing}/{desk}/preseed.cfg")), None);
    }
}

/// A file that cannot be made is none, and the journal says why.
#[test]
fn a_machine_without_a_value_gets_no_file_and_the_reason_is_told() {
    let folder = folder();
    let tree = tree(&folder);
    let path = "answers/cloud/files/machine/mac-52-54-00-00-00-01/user-data";
    assert!(tree.open_for(path, LOCAL, CLIENT).is_none());
    assert_eq!(
        tree.why_not(path, LOCAL, CLIENT).unwrap(),
        "answers cloud for a machine that is no host cannot be made: line 2: `host.name` is undefined"
    );
    assert_eq!(tree.why_not("answers/none", LOCAL, CLIENT), None);
}

#[test]
fn every_loader_passes_on_who_asks() {
    let folder = folder();
    let tree = tree(&folder);
    let ipxe = read(&tree.open("boot.ipxe", LOCAL).unwrap());
    let own = "machine/mac-${netX/mac:hexhyp}/uuid-${uuid}/serial-${serial:hexhyp}/arch-${buildarch}-${platform}";
    let url = |name: &str| format!("http://192.168.1.5:8080/answers/{name}/{own}");
    for words in [
        format!("quiet auto=true priority=critical url={}/preseed.cfg BOOTIF=", url("server/files")),
        format!("autoinstall ds=nocloud-net;s={}/ BOOTIF=", url("cloud/files")),
        format!("file={}/preseed.cfg x=192.168.1.5 BOOTIF=", url("server/files")),
        format!("script={}/install.sh ip=", url("arch/arch")),
    ] {
        assert!(ipxe.contains(&words), "no {words} in\n{ipxe}");
    }
    // The entry without answers still leads to the menu of the ISO alone.
    assert_eq!(ipxe.matches("script=").count(), 1, "{ipxe}");

    // PXELINUX has no variables: the path of each of its files says who asks, from the first one on.
    let first = "machine/mac-52-54-00-aa-bb-cc/uuid-4c4c4544-0031-3510-8052-b7c04f4b3232/pxelinux.cfg";
    let start = read(&tree.open_for(first, LOCAL, CLIENT).unwrap());
    let next = "pxelinux/menu/main.cfg/machine/mac-52-54-00-aa-bb-cc/menu.cfg";
    assert!(start.ends_with(&format!("CONFIG ::/{next}\n")), "{start}");
    let menu = tree.open_for(next, LOCAL, CLIENT).unwrap();
    assert_eq!(menu.role, Role::Menu);
    let menu = read(&menu);
    // As little as tells it from others: PXELINUX' names of files are short.
    let desk = "machine/mac-52-54-00-aa-bb-cc";
    let words = format!(
        "quiet auto=true priority=critical url=http://192.168.1.5:8080/answers/server/files/{desk}/preseed.cfg\n"
    );
    assert!(menu.contains(&words), "{menu}");
    let other = read(&tree.open("pxelinux/menu/main.cfg", LOCAL).unwrap());
    assert!(other.contains("/answers/server/files/machine/mac-/preseed.cfg\n"), "{other}");
}

#[test]
fn explain_shows_the_file_of_a_machine() {
    let folder = folder();
    let args = ["explain", "spec.kdl", "--arch", "uefi-x64", "--mac", "52:54:00:aa:bb:cc", "--entry", "debian"];
    let output = folder.netspec(&args);
    let printed = text(&output.stdout);
    assert!(
        printed.contains("     answers              http://192.168.1.1:8080/answers/server/files/machine/"),
        "{printed}"
    );
    assert!(printed.contains("\n       d-i netcfg/get_hostname string desk\n"), "{printed}");
    assert!(printed.contains("\n       d-i partman-auto/disk string /dev/vda\n"), "{printed}");
    let json = folder.netspec(&[&args[..6], &["--format", "json"]].concat());
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(json.to_string().contains("d-i netcfg/get_hostname string desk\\n"), "{json}");
}

/// The same spec and templates give the same plan, and another template another one.
#[test]
fn the_plan_has_the_templates() {
    let folder = folder();
    let plan = folder.plan();
    assert_eq!(plan, folder.plan());
    assert!(plan.contains("\"d-i partman-auto/disk string {{ disk }}\\n\""), "{plan}");
    fs::write(folder.path("user-data.j2"), "#cloud-config\nhostname: {{ host.name }}\npackages: []\n").unwrap();
    assert_ne!(plan, folder.plan());
}
