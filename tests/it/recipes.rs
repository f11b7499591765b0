//! What is made of ISOs that are unlike the usual ones: other layouts, and texts that nobody writes in good faith.

use std::fs;
use std::path::Path;

use netspec::image::iso9660;
use netspec::image::recipe::{Recipe, RecipeError, recognize};
use netspec::world::{OsWorld, World as _};

use crate::support::{File, Folder, build_iso, trees};

fn recipe(files: &[File]) -> Result<Recipe, RecipeError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.iso");
    build_iso(&path, "VOLUME", files);
    let image = OsWorld.open(Path::new(&path)).unwrap();
    recognize(&iso9660::read(&*image).unwrap(), &*image)
}

fn files(pairs: &[(&'static str, &str)]) -> Vec<File> {
    pairs.iter().map(|(path, text)| (*path, (*text).to_owned())).collect()
}

/// The entries of a live-boot ISO: title, kernel, initrds and words.
fn live(pairs: &[(&'static str, &str)]) -> Vec<String> {
    let mut all = files(pairs);
    all.push(("live/filesystem.squashfs", "root image".to_owned()));
    match recipe(&all).unwrap() {
        Recipe::LiveBoot(live) => live
            .entries
            .iter()
            .map(|e| format!("{}: {} {} {}", e.title, e.kernel, e.initrds.join(","), e.arguments.join(" ")))
            .collect(),
        Recipe::Archiso(archiso) => panic!("{archiso:?}"),
    }
}

/// GRUB alone says what to boot, so the kernels are found by their names; a link is the kernel that it leads to.
#[test]
fn live_kernels_without_an_isolinux_menu_go_with_their_own_initrds() {
    let entries = live(&[
        ("boot/grub/grub.cfg", "menuentry Live { linux /live/vmlinuz }"),
        ("live/vmlinuz", "-> vmlinuz-6.1.0-13-amd64"),
        ("live/initrd.img", "-> initrd.img-6.1.0-13-amd64"),
        ("live/vmlinuz-6.1.0-13-amd64", "kernel"),
        ("live/initrd.img-6.1.0-13-amd64", "initrd"),
        ("live/vmlinuz-5.10.0-9-amd64", "kernel"),
        ("live/initrd.img-5.10.0-9-amd64", "initrd"),
        ("live/vmlinuz.folder/x", "no kernel"),
    ]);
    assert_eq!(
        entries,
        [
            "Live system (6.1.0-13-amd64): live/vmlinuz-6.1.0-13-amd64 live/initrd.img-6.1.0-13-amd64 boot=live components",
            "Live system (5.10.0-9-amd64): live/vmlinuz-5.10.0-9-amd64 live/initrd.img-5.10.0-9-amd64 boot=live components",
        ]
    );
}

#[test]
fn live_labels_lead_through_links_and_from_their_own_folder() {
    let entries = live(&[
        ("live/vmlinuz", "-> vmlinuz-6.1"),
        ("live/vmlinuz-6.1", "kernel"),
        ("live/initrd.img", "initrd"),
        ("isolinux/extra", "kernel"),
        (
            "isolinux/isolinux.cfg",
            "LABEL a\r\n  MENU LABEL ^One\r\n  KERNEL /live/vmlinuz\r\n  APPEND initrd=/live/initrd.img boot=live toram\r\n  IPAPPEND 2\r\n\
             MENU BEGIN\r\nMENU LABEL More\r\nLABEL b\r\n  KERNEL extra\r\n  INITRD ../live/initrd.img\r\n  APPEND boot=live\r\nMENU END\r\n",
        ),
    ]);
    assert_eq!(
        entries,
        ["One: live/vmlinuz-6.1 live/initrd.img boot=live toram", "b: isolinux/extra live/initrd.img boot=live"]
    );
}

/// SE-05: each file is small, and there are many.
#[test]
fn se_05_the_menus_of_one_iso_are_bounded_together() {
    const NAMES: [&str; 6] = ["a.cfg", "b.cfg", "c.cfg", "d.cfg", "e.cfg", "f.cfg"];
    let paths = NAMES.map(|name| &*format!("isolinux/{name}").leak());
    let label = "LABEL x\nLINUX /live/vmlinuz\nINITRD /live/initrd\nAPPEND boot=live n=";
    let menu: String = (0..3500).map(|n| format!("{label}{n}\n")).collect();
    let mut all: Vec<(&'static str, &str)> = vec![("live/vmlinuz", "k"), ("live/initrd", "i")];
    all.push((paths[0], &menu));
    assert_eq!(live(&all).len(), 64, "no more entries than a menu can show");
    all.extend(paths[1..].iter().map(|path| (*path, menu.as_str())));
    let mut all = files(&all);
    all.push(("live/filesystem.squashfs", "root image".to_owned()));
    let error = recipe(&all).unwrap_err().to_string();
    assert!(error.contains("the boot configuration of this ISO has more than 1048576 bytes"), "{error}");
}

#[test]
fn archiso_folders_that_no_command_line_can_name_are_none() {
    for base in ["a b", "a\"b", "caf\u{e9}"] {
        let base: &'static str = base.to_owned().leak();
        let path = |rest: &str| -> &'static str { format!("{base}/{rest}").leak() };
        let tree = [
            (path("x86_64/airootfs.sfs"), "root image"),
            (path("boot/x86_64/vmlinuz-linux"), "kernel"),
            (path("boot/x86_64/initramfs-linux.img"), "initramfs"),
        ];
        assert!(matches!(recipe(&files(&tree)), Err(RecipeError::Unrecognized { .. })), "{base}");
    }
}

/// Marks of templates, blanks, commas and carets in an ISO come out as text, or escaped.
#[test]
fn hostile_text_of_an_iso_stays_text() {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"x\" \"isos/x.iso\"\n\
                loader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\n";
    let mut tree = trees::debian_live();
    tree.retain(|(path, _)| !path.starts_with("isolinux") && *path != ".disk/info");
    tree.push((".disk/info", "My ^\u{e000}Title\u{e001}\u{1}\nLABEL second".into()));
    tree.push(("live/vmlinuz 6,1\u{e000}", "kernel".into()));
    tree.push((
        "isolinux/isolinux.cfg",
        "LABEL a\nMENU LABEL ^A\u{e001}\nLINUX /live/vmlinuz 6,1\u{e000}\nINITRD /live/initrd.img\nAPPEND boot=live x=\u{e000}\n".into(),
    ));
    let folder = Folder::with_spec(spec).iso("x.iso", "X", &tree);
    let place = folder.path("pxelinux");
    fs::create_dir(&place).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        fs::write(place.join(name), name).unwrap();
    }
    let plan: serde_json::Value = serde_json::from_str(&folder.netspec_ok(&["plan", "spec.kdl"])).unwrap();
    let menu = plan["tree"]["pxelinux/iso/x.cfg"]["text"].as_array().unwrap();
    let menu: String = menu.iter().map(|part| part.as_str().unwrap_or("$")).collect();
    let label = "LABEL kernel0\nMENU LABEL A\nMENU DEFAULT\nLINUX $/iso/x/live/vmlinuz%206%2C1%EE%80%80\n\
                 INITRD $/iso/x/live/initrd.img\nAPPEND boot=live x= fetch=$/iso/x/live/filesystem.squashfs\nSYSAPPEND 2\n";
    assert_eq!(menu, format!("SERIAL 0 115200\nUI menu.c32\nMENU TITLE My Title \n{label}"));
}

/// The plan of one archiso whose HTTP label is `label`, and of that its menu; `$` stands for the server.
fn archiso_menu(label: &str) -> String {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"x\" \"isos/x.iso\"\n";
    let mut tree = trees::archiso();
    tree.retain(|(path, _)| !path.ends_with("archiso_pxe-linux.cfg"));
    tree.push(("boot/syslinux/archiso_pxe-linux.cfg", label.to_owned()));
    let folder = Folder::with_spec(spec).iso("x.iso", "X", &tree);
    let plan: serde_json::Value = serde_json::from_str(&folder.netspec_ok(&["plan", "spec.kdl"])).unwrap();
    let menu = plan["tree"]["iso/x/boot/syslinux/archiso_pxe-linux.cfg"]["text"].as_array().unwrap();
    menu.iter().map(|part| part.as_str().unwrap_or("$")).collect()
}

#[test]
fn archiso_labels_may_name_the_initrd_in_append_and_end_lines_with_crlf() {
    let label = "LABEL a\r\nKERNEL /arch/boot/x86_64/vmlinuz-linux\r\n\
                 APPEND initrd=/arch/boot/a.img,boot/b.img archisobasedir=arch archiso_http_srv=http://${pxeserver}/\r\nIPAPPEND 3\r\n\
                 LABEL b\r\nKERNEL /memtest\r\nAPPEND  initrd=/m.img  x\r\n\
                 LABEL c\r\nLINUX http://mirror/vmlinuz\r\nAPPEND archiso_http_srv=http://mirror/\r\n";
    let menu = "LABEL a\nMENU DEFAULT\nKERNEL $/iso/x/arch/boot/x86_64/vmlinuz-linux\n\
                APPEND initrd=$/iso/x/arch/boot/a.img,$/iso/x/boot/syslinux/boot/b.img archisobasedir=arch \
                archiso_http_srv=$/iso/x/\nIPAPPEND 3\n\
                LABEL b\nKERNEL ::/iso/x/memtest\nAPPEND initrd=::/iso/x/m.img x\n\
                LABEL c\nLINUX http://mirror/vmlinuz\nAPPEND archiso_http_srv=$/iso/x/\n";
    assert_eq!(archiso_menu(label), menu);
}
