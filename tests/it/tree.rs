//! The tree that clients see, over real ISOs.

use std::net::Ipv4Addr;

use netspec::cli::compile::compile;
use netspec::plan::Role;
use netspec::proto::name;
use netspec::serve::content::{Files as _, Opened};
use netspec::serve::tree::FileTree;
use netspec::world::OsWorld;

use crate::support::{Folder, signed, trees};

const LOCAL: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 5);

pub(crate) fn tree(folder: &Folder) -> FileTree {
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    let outcome = compiled.outcome.expect("a spec without errors");
    FileTree::open(&outcome.plan, &outcome.gathered).unwrap()
}

fn old() -> Folder {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"old\" \"isos/old.iso\"\nserver {\n    http 8080\n}\n";
    Folder::with_spec(spec).iso("old.iso", "ARCH_201409", &trees::archiso_2014())
}

pub(crate) fn read(opened: &Opened) -> String {
    let mut bytes = vec![0; usize::try_from(opened.len).unwrap()];
    let mut done = 0;
    while done < bytes.len() {
        let n = opened.content.read_at(done as u64, &mut bytes[done..]).unwrap();
        assert_ne!(n, 0, "{} ends early", opened.path);
        done += n;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn files_of_an_iso_are_read_in_place() {
    let folder = old();
    let tree = tree(&folder);
    let open = |path| tree.open(path, LOCAL);
    let kernel = open("iso/old/arch/boot/x86_64/vmlinuz").unwrap();
    assert_eq!((read(&kernel).as_str(), kernel.role), ("kernel", Role::Kernel));
    let root = open("iso/old/arch/x86_64/airootfs.sfs").unwrap();
    assert_eq!((read(&root).as_str(), root.role), ("root image", Role::RootImage));
    let whole = open("iso/old.iso").unwrap();
    assert_eq!(whole.len, std::fs::metadata(folder.path("isos/old.iso")).unwrap().len());
    for missing in
        ["", "iso", "iso/old", "iso/old/arch", "iso/other/arch/boot", "iso/old/etc/passwd", "spec.kdl", "old.iso"]
    {
        assert!(open(missing).is_none(), "{missing}");
    }
}

#[test]
fn menus_name_the_address_that_the_client_used() {
    let folder = old();
    let tree = tree(&folder);
    let menu = |local| read(&tree.open("iso/old/arch/boot/syslinux/archiso_pxe64.cfg", local).unwrap());
    assert!(menu(LOCAL).contains("archiso_http_srv=http://192.168.1.5:8080/iso/old/"), "{}", menu(LOCAL));
    assert!(menu(Ipv4Addr::new(10, 0, 0, 1)).contains("LINUX http://10.0.0.1:8080/iso/old/arch/boot/x86_64/vmlinuz\n"));
    let script = tree.open("boot.ipxe", LOCAL).unwrap();
    assert!(read(&script).starts_with("#!ipxe\n"));
}

/// IP-05, IP-06, G07: iPXE asks beside its program and in the root, and an ISO that brings one of its own keeps it.
#[test]
fn ip_05_every_folder_has_a_script_for_ipxe() {
    let mut files = trees::archiso_2014();
    files.push(("EFI/autoexec.ipxe", "of the ISO".to_owned()));
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"old\" \"isos/old.iso\"\n";
    let folder = Folder::with_spec(spec).iso("old.iso", "ARCH_201409", &files);
    let tree = tree(&folder);
    let root = tree.open("autoexec.ipxe", LOCAL).unwrap();
    let text = read(&root);
    // What iPXE went on without, where netspec's offer was late: an address, and the name of the script.
    assert!(text.contains("isset ${netX/ip} || dhcp ||"), "{text}");
    assert!(text.starts_with("#!ipxe\n") && text.contains("chain --replace http://192.168.1.5/boot.ipxe ||"), "{text}");
    for path in ["ipxe/x64/autoexec.ipxe", "no/such/folder/autoexec.ipxe", "iso/old/autoexec.ipxe"] {
        let opened = tree.open(path, LOCAL).unwrap_or_else(|| panic!("{path}"));
        assert_eq!((read(&opened), opened.role, &*opened.path), (text.clone(), Role::Menu, path));
    }
    assert_eq!(read(&tree.open("iso/old/EFI/autoexec.ipxe", LOCAL).unwrap()), "of the ISO");
    assert!(tree.open("autoexec.ipxe/x", LOCAL).is_none() && tree.open("xautoexec.ipxe", LOCAL).is_none());
}

/// ST-11: shim 15.8 on some PCs of Dell takes the firmware's word for the network card for the name of GRUB, with a byte of
/// something else in front.
#[test]
fn st_11_what_is_no_name_beside_shim_is_grub() {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"debian\" \"isos/debian.iso\"\n\
                loader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\n\
                loader \"shim-x64\" \"shim.efi\"\nloader \"grub-x64\" \"grub.efi\"\n";
    let kernel = String::from_utf8_lossy(&signed::kernel("Some CA")).into_owned();
    let mut files = trees::debian_live();
    files.iter_mut().filter(|(path, _)| *path == "live/vmlinuz").for_each(|(_, text)| *text = kernel.clone());
    let folder = Folder::with_spec(spec).iso("debian.iso", "Debian", &files);
    std::fs::create_dir(folder.path("pxelinux")).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        std::fs::write(folder.path("pxelinux").join(name), name).unwrap();
    }
    std::fs::write(folder.path("shim.efi"), signed::shim("Some CA")).unwrap();
    std::fs::write(folder.path("grub.efi"), signed::grub("Some CA", true)).unwrap();
    let tree = tree(&folder);
    let len = |path: &str| tree.open(path, LOCAL).map(|opened| opened.len);
    let grub = len("grub/x64/grubx64.efi");
    assert_eq!(grub, Some(signed::grub("Some CA", true).len() as u64));
    for raw in [&b"/grub/x64/\xeaOnboard"[..], b"//grub/x64//?Onboard", b"grub/x64/Onboard", b"\\grub\\x64\\\xea"] {
        assert_eq!(len(&name::from_tftp(raw).unwrap()), grub, "{}", raw.escape_ascii());
    }
    assert_eq!(len(&name::from_http(b"/grub/x64/%c3%aaOnboard").unwrap()), grub);
    // What shim and GRUB look for on the chance that it is there.
    for probe in
        ["revocations.efi", "shim_certificate_0.efi", "mmx64.efi", "grub.cfg-01-52", "grubenv", "x86_64-efi/fs.lst"]
    {
        assert_eq!(len(&format!("grub/x64/{probe}")), None, "{probe}");
    }
    assert_eq!((len("grub/Onboard"), len("Onboard")), (None, None));
}

/// `libcom32.c32` is looked for where names are relative to, and lies beside the loader.
#[test]
fn modules_of_2014_are_found_where_names_are_relative_to() {
    let folder = old();
    let tree = tree(&folder);
    let alias = tree.open("iso/old/arch/whichsys.c32", LOCAL).unwrap();
    let module = tree.open("iso/old/arch/boot/syslinux/whichsys.c32", LOCAL).unwrap();
    assert_eq!((read(&alias), &alias.etag), (read(&module), &module.etag));
}

/// SE-12
#[test]
fn a_changed_loader_is_noticed_at_the_start() {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"d\" \"isos/d.iso\"\n\
                loader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\n";
    let folder = Folder::with_spec(spec).iso("d.iso", "Debian", &trees::debian_live());
    std::fs::create_dir(folder.path("pxelinux")).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        std::fs::write(folder.path("pxelinux").join(name), name).unwrap();
    }
    let compiled = compile(&folder.path("spec.kdl"), &OsWorld);
    let outcome = compiled.outcome.expect("a spec without errors");
    std::fs::write(folder.path("pxelinux/menu.c32"), "another build").unwrap();
    let Err(error) = FileTree::open(&outcome.plan, &outcome.gathered) else { panic!("the module has changed") };
    assert!(error.to_string().contains("menu.c32"), "{error}");
}

/// A board asks in the folder of its serial number first; a file that is only meant for one board is found there alone.
#[test]
fn a_raspberry_pi_gets_the_files_of_its_folder() {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"old\" \"isos/old.iso\"\n\
                loader \"raspberry-pi\" \"pi\"\n";
    let folder = Folder::with_spec(spec).iso("old.iso", "ARCH_201409", &trees::archiso_2014());
    for (name, text) in [
        ("start4.elf", "firmware"),
        ("kernel8.img", "kernel"),
        ("overlays/disable-bt.dtbo", "overlay"),
        ("0badcafe/config.txt", "of one board"),
        (".ssh/id", "hidden"),
    ] {
        let path = folder.path("pi").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    std::fs::write(folder.path("secret"), "outside").unwrap();
    for (name, target) in
        [("kernel.img", "kernel8.img"), ("secret", "../secret"), ("isos", "../isos"), ("gone", "nowhere")]
    {
        std::os::unix::fs::symlink(target, folder.path("pi").join(name)).unwrap();
    }
    let tree = tree(&folder);
    let open = |path| tree.open(path, LOCAL).map(|opened| (read(&opened), opened.role));
    let kernel = Some(("kernel".to_owned(), Role::Kernel));
    for path in ["kernel8.img", "kernel.img", "10000000/kernel8.img", "deadBEEF/kernel.img"] {
        assert_eq!(open(path), kernel, "{path}");
    }
    assert_eq!(open("deadbeef/start4.elf"), Some(("firmware".to_owned(), Role::Loader)));
    assert_eq!(open("deadbeef/overlays/disable-bt.dtbo"), Some(("overlay".to_owned(), Role::Module)));
    assert_eq!(open("0badcafe/config.txt").unwrap().0, "of one board");
    for path in ["config.txt", "deadbeef/config.txt", "deadbee/start4.elf", "secret", "isos/old.iso", "gone", ".ssh/id"]
    {
        assert_eq!(open(path), None, "{path}");
    }
    assert!(open("deadbeef/iso/old.iso").is_none() && open("deadbeef/boot.ipxe").is_none());
}
