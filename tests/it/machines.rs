//! Which machine boots what: the paths by which boot loaders ask, and `netspec boot-next`.

use std::fs;
use std::net::Ipv4Addr;

use netspec::cli::compile::compile;
use netspec::plan::Role;
use netspec::serve::content::{Files as _, Opened};
use netspec::serve::tree::FileTree;
use netspec::world::OsWorld;

use crate::support::{Folder, text, trees};
use crate::tree::read;

const LOCAL: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 1);
const VISITOR: Ipv4Addr = Ipv4Addr::new(10, 1, 0, 99);
const STUDENT: Ipv4Addr = Ipv4Addr::new(10, 1, 20, 7);

const MENUS: &str = "network \"lab\" {\n    subnet \"10.1.0.0/16\"\n}\niso \"debian\" \"isos/debian.iso\"\n\
    loader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\nloader \"ipxe-x64\" \"pxelinux/snponly.efi\"\n\
    menu \"main\" title=\"Main\" {\n    entry \"disk\" boot=\"local-disk\"\n    entry \"more\" menu=\"bench\"\n}\n\
    menu \"bench\" title=\"Bench\" {\n    entry \"live\" iso=\"debian\"\n    entry \"deep\" menu=\"deep\"\n}\n\
    menu \"deep\" title=\"Deep\" {\n    entry \"live\" iso=\"debian\"\n}\n";
const MACHINES: &str = "host \"desk\" {\n    mac \"52:54:00:00:00:01\"\n    uuid \"b78bca22-4ea4-4d0c-9efd-e3c9a210ac79\"\n    \
    menu \"bench\"\n}\nhost \"kiosk\" {\n    mac \"52:54:00:00:00:02\"\n    serial \"VMware-56 4d/7X?\"\n    boot \"deep/live\"\n}\n\
    host \"plain\" {\n    mac \"52:54:00:00:00:03\"\n}\n\
    group \"students\" {\n    subnet \"10.1.20.0/24\"\n    arch \"uefi-x64\"\n    boot \"disk\"\n}\n";

fn folder(spec: &str) -> Folder {
    let folder = Folder::with_spec(spec).iso("debian.iso", "Debian bookworm", &trees::debian_live());
    let place = folder.path("pxelinux");
    fs::create_dir(&place).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        fs::write(place.join(name), name).unwrap();
    }
    fs::write(place.join("snponly.efi"), trees::x64_program()).unwrap();
    folder
}

fn lab() -> Folder {
    folder(&format!("{MENUS}{MACHINES}"))
}

fn tree(folder: &Folder) -> FileTree {
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    let outcome = compiled.outcome.expect("a spec without errors");
    FileTree::open(&outcome.plan, &outcome.gathered).unwrap()
}

/// What was decided for who asks like this, and the text.
fn asks(tree: &FileTree, path: &str, client: Ipv4Addr) -> (String, String) {
    let opened = tree.open_for(path, LOCAL, client).unwrap_or_else(|| panic!("{path}"));
    assert_eq!(opened.role, Role::Menu);
    assert_eq!(&*opened.path, path);
    (opened.decided.as_deref().unwrap_or_default().to_owned(), read(&opened))
}

#[test]
fn ipxe_is_told_where_its_machine_begins() {
    let (folder, ipxe) = (lab(), "arch-x86_64-efi/boot.ipxe");
    let tree = tree(&folder);
    let begins = |who: &str, client| asks(&tree, &format!("machine/{who}/{ipxe}"), client);
    let script = |home: &str, first: &str| format!("#!ipxe\nset home {home}\nset first {first}\n");
    let bench = ("host desk: menu bench".to_owned(), script("menu/bench", "menu/bench"));
    assert_eq!(begins("mac-52-54-00-00-00-01/uuid-/serial-", VISITOR), bench);
    assert_eq!(begins("mac-52-54-00-00-00-09/uuid-B78BCA22-4EA4-4D0C-9EFD-E3C9A210AC79", VISITOR), bench);
    assert_eq!(begins("uuid-22ca8bb7-a44e-0c4d-9efd-e3c9a210ac79", STUDENT), bench, "hosts come before groups");
    let serial: Vec<String> = b"VMware-56 4d/7X?  ".iter().map(|byte| format!("{byte:02x}")).collect();
    let kiosk = ("host kiosk: entry deep/live".to_owned(), script("menu/deep", "iso/debian"));
    assert_eq!(begins(&format!("mac-52-54-00-00-00-09/serial-{}", serial.join("-")), VISITOR), kiosk);
    let student = ("group students: entry main/disk".to_owned(), script("menu/main", "menu/main/disk"));
    assert_eq!(begins("mac-52-54-00-00-00-09", STUDENT), student);
    assert_eq!(begins("mac-52-54-00-00-00-03", STUDENT), student, "a host without a choice is left to its group");
    let first = script("menu/main", "menu/main");
    assert_eq!(begins("mac-52-54-00-00-00-09/uuid-", VISITOR), (String::new(), first.clone()));
    assert_eq!(begins("mac-52-54-00-00-00-03", VISITOR), ("host plain: menu main".to_owned(), first));
}

#[test]
fn pxelinux_is_told_by_a_file_of_its_own_and_never_led_out_of_its_menu() {
    let folder = lab();
    let tree = tree(&folder);
    let (decided, config) = asks(&tree, "pxelinux/machine/mac-52-54-00-00-00-01/pxelinux.cfg", STUDENT);
    assert_eq!(decided, "host desk: menu bench");
    assert_eq!(
        config,
        "SERIAL 0 115200\nDEFAULT bench\nPROMPT 0\nLABEL bench\nCONFIG ::/pxelinux/home/bench/menu/bench.cfg\n"
    );
    let file = |path: &str| read(&tree.open(path, LOCAL).unwrap_or_else(|| panic!("{path}")));
    assert!(!file("pxelinux/home/bench/menu/bench.cfg").contains("Back"));
    let back = "LABEL .back\nMENU LABEL Back\nCONFIG ::/pxelinux/home/bench/menu/bench.cfg\n";
    assert!(file("pxelinux/home/bench/menu/deep.cfg").ends_with(back));
    assert!(file("pxelinux/home/bench/iso/debian.cfg").ends_with(back));
    assert!(tree.open("pxelinux/home/bench/menu/main.cfg", LOCAL).is_none(), "no entry of the bench leads there");
    assert!(file("pxelinux/menu/bench.cfg").ends_with("CONFIG ::/pxelinux/pxelinux.cfg/default\n"));
    let (_, first) = asks(&tree, "pxelinux/machine/mac-52-54-00-00-00-09/pxelinux.cfg", VISITOR);
    assert!(first.ends_with("CONFIG ::/pxelinux/menu/main.cfg\n"), "{first}");
    assert_eq!(
        asks(&tree, "pxelinux/machine/mac-52-54-00-00-00-09/pxelinux.cfg", STUDENT).0,
        "",
        "BIOS is no uefi-x64"
    );
}

#[test]
fn where_all_begin_alike_nobody_asks() {
    let hosts = "host \"desk\" {\n    mac \"52:54:00:00:00:01\"\n    mode \"pxe10\"\n}\nmenu \"other\" {\n    entry \"disk\" boot=\"local-disk\"\n}\n";
    let plan = folder(&format!("{MENUS}{hosts}")).plan();
    for word in ["\"machines\"", "machine/", "start/", "own-config", "${home}", "home/"] {
        assert!(!plan.contains(word), "{word} in {plan}");
    }
}

#[test]
fn the_plan_of_ten_thousand_hosts_is_the_same_each_time() {
    let hosts: String = (0..10_000)
        .map(|at| {
            let mac = format!("52:54:00:00:{:02x}:{:02x}", at / 256, at % 256);
            format!("host \"h{at}\" {{ mac \"{mac}\"; serial \"SN{at}X\"; menu \"bench\"; }}\n")
        })
        .collect();
    let folder = folder(&format!("{MENUS}{hosts}"));
    let tree = tree(&folder);
    let (decided, _) = asks(&tree, "machine/mac-52-54-00-00-27-0f/boot.ipxe", VISITOR);
    assert_eq!(decided, "host h9999: menu bench");
    assert_eq!(folder.plan(), folder.plan());
}

fn boot_next(folder: &Folder, words: &[&str]) -> (Option<i32>, String, String) {
    let state = folder.path("state").display().to_string();
    let output = folder.netspec(&[&["boot-next", "spec.kdl", "--state", &state], words].concat());
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn opened(tree: &FileTree, mac: &str) -> Opened {
    tree.open_for(&format!("machine/mac-{mac}/boot.ipxe"), LOCAL, VISITOR).unwrap()
}

#[test]
fn a_next_boot_is_noted_listed_taken_back_and_taken_once() {
    let folder = lab();
    let ok = |words: &[&str]| {
        let (code, out, err) = boot_next(&folder, words);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{words:?}");
        out
    };
    assert_eq!(ok(&[]), "no machine has a next boot of its own\n");
    assert_eq!(ok(&["plain", "deep/live"]), "plain boots deep/live next time, once\n");
    assert_eq!(
        ok(&["kiosk", "disk", "--format", "json"]),
        "[\n  {\n    \"host\": \"kiosk\",\n    \"entry\": \"main/disk\"\n  }\n]\n"
    );
    assert_eq!(ok(&[]), "kiosk boots main/disk next time, once\nplain boots deep/live next time, once\n");
    assert_eq!(ok(&["kiosk", "--clear"]), "kiosk boots as the spec says\n");
    let next = netspec::serve::next_boot::NextBoots::open(&folder.path("state")).unwrap();
    let tree = tree(&folder).with_next_boots(Some(std::sync::Arc::new(next)));
    let taken = opened(&tree, "52-54-00-00-00-03");
    assert_eq!(taken.decided.as_deref(), Some("host plain: entry deep/live, this once"));
    assert_eq!(read(&taken), "#!ipxe\nset home menu/deep\nset first iso/debian\n");
    assert_eq!(ok(&[]), "no machine has a next boot of its own\n");
    assert_eq!(opened(&tree, "52-54-00-00-00-02").decided.as_deref(), Some("host kiosk: entry deep/live"));
}

#[test]
fn a_next_boot_of_what_is_not_there_says_what_is() {
    let folder = lab();
    let wrong = |words: &[&str]| {
        let (code, out, err) = boot_next(&folder, words);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{words:?}");
        err
    };
    assert_eq!(
        wrong(&["desk1", "disk"]),
        "netspec: there is no host `desk1` in this spec\n  help: did you mean `desk`?\n"
    );
    assert_eq!(
        wrong(&["desk", "liv"]),
        "netspec: there is no entry `liv` in this spec\n  help: did you mean `live`?\n"
    );
    assert_eq!(
        wrong(&["desk", "live"]),
        "netspec: several menus have an entry `live`\n  help: write one of `bench/live` and `deep/live`\n"
    );
    let alike = folder_without_choices();
    let (code, _, err) = boot_next(&alike, &["desk", "disk"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("no `host` or `group` of this spec says what it boots"), "{err}");
}

fn folder_without_choices() -> Folder {
    folder(&format!("{MENUS}host \"desk\" {{\n    mac \"52:54:00:00:00:01\"\n    delay \"1s\"\n}}\n"))
}

#[test]
fn explain_shows_who_a_machine_is() {
    let folder = lab();
    let explain = |words: &[&str]| folder.netspec_ok(&[&["explain", "spec.kdl"], words].concat());
    let by_uuid = explain(&["--arch", "uefi-x64", "--uuid", "b78bca22-4ea4-4d0c-9efd-e3c9a210ac79"]);
    assert!(by_uuid.contains("note                   this is host desk: menu bench"), "{by_uuid}");
    let by_serial = explain(&["--arch", "bios", "--user-class", "iPXE", "--serial", "vmware-56 4d/7x?"]);
    assert!(by_serial.contains("this is host kiosk: entry deep/live"), "{by_serial}");
    let by_address = explain(&["--arch", "uefi-x64", "--address", "10.1.20.7"]);
    assert!(by_address.contains("this is group students: entry main/disk"), "{by_address}");
    let bios = explain(&["--arch", "bios", "--uuid", "b78bca22-4ea4-4d0c-9efd-e3c9a210ac79"]);
    assert!(bios.contains("/uuid-22ca8bb7-a44e-0c4d-9efd-e3c9a210ac79/pxelinux.cfg"), "as option 97 has it: {bios}");
    assert!(bios.contains("this is host desk: menu bench"), "{bios}");
    let nobody = explain(&["--arch", "uefi-x64"]);
    assert!(nobody.contains("Menu 1: \"Main\"") && !nobody.contains("this is"), "{nobody}");
}
