//! The boot menus of both layouts: names, labels and the graph of files as archiso has them, help texts our own.
use std::fmt::Write as _;

use super::Layout;

/// What the menus say about the ISO.
pub(super) struct Names<'a> {
    /// Name of the marker file that today's initramfs searches.
    pub(super) uuid: &'a str,
    /// Volume identifier, which the initramfs of 2014 searches.
    pub(super) volume: &'a str,
}

/// Text files by their path in the ISO.
pub(super) type Files = Vec<(String, String)>;

pub(super) fn files(layout: Layout, names: &Names) -> Files {
    match layout {
        Layout::Today => today(names),
        Layout::Y2014 => of_2014(names),
    }
}

/// One menu entry that starts Linux.
struct Linux<'a> {
    label: &'a str,
    title: String,
    help: String,
    kernel: String,
    initrd: String,
    words: String,
    network: bool,
}

impl Linux<'_> {
    fn write(&self, out: &mut String) {
        let Linux { label, title, help, kernel, initrd, words, network } = self;
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "LABEL {label}\nTEXT HELP\n{help}\nENDTEXT\nMENU LABEL {title}\nLINUX {kernel}\nINITRD {initrd}\nAPPEND {words}\n"
        );
        out.push_str(if *network { "SYSAPPEND 3\n\n" } else { "\n" });
    }
}

fn linux<'a>(entries: impl IntoIterator<Item = Linux<'a>>) -> String {
    entries.into_iter().fold(String::new(), |mut text, entry| {
        entry.write(&mut text);
        text
    })
}

fn includes(folder: &str, names: &[&str]) -> String {
    names.iter().map(|name| format!("INCLUDE {folder}{name}\n")).collect()
}

/// A COM32 program that chooses, and the files it chooses from.
fn chooser(program: &str, choice: &str, configs: &[(&str, &str)]) -> String {
    let mut text = format!("DEFAULT select\n\nLABEL select\nCOM32 {program}\nAPPEND {choice}\n");
    for (label, config) in configs {
        let _ = write!(text, "\nLABEL {label}\nCONFIG {config}\n");
    }
    text
}

/// Screen and colors. `folder` goes before each file name.
fn head(folder: &str, baud: u32, extra: &str) -> String {
    format!(
        "SERIAL 0 {baud}
UI {folder}vesamenu.c32
MENU TITLE Arch Linux
MENU BACKGROUND {folder}splash.png

MENU WIDTH 78
MENU MARGIN 4
MENU ROWS 7
MENU VSHIFT 10
MENU TABMSGROW 14
MENU CMDLINEROW 14
MENU HELPMSGROW 16
MENU HELPMSGENDROW 29

MENU COLOR border 36;40 #80ffffff #00000000 std
MENU COLOR title 1;37;40 #ffffffff #00000000 std
MENU COLOR sel 7;37;40 #ffffffff #400080c0 all
MENU COLOR unsel 37;40 #c0ffffff #00000000 std
MENU COLOR help 36;40 #c0ffffff #00000000 std
MENU COLOR timeout_msg 37;40 #c0ffffff #00000000 std
MENU COLOR timeout 1;37;40 #ffffffff #00000000 std
MENU COLOR msg07 37;40 #c0ffffff #00000000 std
MENU COLOR tabmsg 36;40 #80ffffff #00000000 std
{extra}"
    )
}

/// The entries after the systems. `folder` goes before each file name.
fn tail(folder: &str, memtest: &str) -> String {
    format!(
        "LABEL existing
TEXT HELP
Starts the system that is installed on the first disk.
ENDTEXT
MENU LABEL Boot existing OS
COM32 {folder}chain.c32
APPEND hd0 0

LABEL memtest
MENU LABEL Run Memtest86+ (RAM test)
LINUX {memtest}

LABEL hdt
MENU LABEL Hardware Information (HDT)
COM32 {folder}hdt.c32
APPEND modules_alias={folder}hdt/modalias.gz pciids={folder}hdt/pciids.gz

LABEL reboot
MENU LABEL Reboot
COM32 {folder}reboot.c32

LABEL poweroff
MENU LABEL Power Off
COM32 {folder}poweroff.c32
"
    )
}

fn network_help(medium: &str, method: &str) -> String {
    format!("Starts {medium}, with its files from the boot server by {method}.\nFor an installation or for repairs.")
}

fn today(Names { uuid, .. }: &Names) -> Files {
    const KERNEL: &str = "/arch/boot/x86_64/vmlinuz-linux";
    const INITRD: &str = "/arch/boot/x86_64/initramfs-linux.img";
    let over_network = |label, method: &str, words: &str| Linux {
        label,
        title: format!("Arch Linux install medium (x86_64, {method})"),
        help: network_help("the Arch Linux install medium", method),
        kernel: format!("::{KERNEL}"),
        initrd: format!("::{INITRD}"),
        words: format!("archisobasedir=arch {words} cms_verify=y"),
        network: true,
    };
    let from_medium = |label, title: &str, words: &str| Linux {
        label,
        title: title.to_owned(),
        help: "Starts the Arch Linux install medium on a PC with BIOS.\nFor an installation or for repairs.".to_owned(),
        kernel: KERNEL.to_owned(),
        initrd: INITRD.to_owned(),
        words: format!("archisobasedir=arch archisosearchuuid={uuid}{words}"),
        network: false,
    };
    let pxe = linux([
        over_network("arch_nbd", "NBD", &format!("archisosearchuuid={uuid} archiso_nbd_srv=${{pxeserver}}")),
        over_network("arch_nfs", "NFS", "archiso_nfs_srv=${pxeserver}:/run/archiso/bootmnt"),
        over_network("arch_http", "HTTP", "archiso_http_srv=http://${pxeserver}/"),
    ]);
    let sys = linux([
        from_medium("arch", "Arch Linux install medium (x86_64, BIOS)", ""),
        from_medium("archspeech", "Arch Linux install medium (x86_64, BIOS) with ^speech", " accessibility=on"),
    ]);
    let select = chooser(
        "whichsys.c32",
        "-pxe- pxe -sys- sys -iso- sys",
        &[("pxe", "archiso_pxe.cfg"), ("sys", "archiso_sys.cfg")],
    );
    let sys_menu = format!(
        "{}\nDEFAULT arch\nTIMEOUT 150\n\n{}",
        includes("", &["archiso_head.cfg"]),
        includes("", &["archiso_sys-linux.cfg", "archiso_tail.cfg"])
    );
    let mut files: Files = [
        ("syslinux.cfg", select),
        ("archiso_pxe.cfg", includes("", &["archiso_head.cfg", "archiso_pxe-linux.cfg", "archiso_tail.cfg"])),
        ("archiso_sys.cfg", sys_menu),
        ("archiso_head.cfg", head("", 115_200, "\nMENU CLEAR\nMENU IMMEDIATE\n")),
        ("archiso_pxe-linux.cfg", pxe),
        ("archiso_sys-linux.cfg", sys),
        ("archiso_tail.cfg", tail("", "/boot/memtest86+/memtest")),
    ]
    .map(|(name, text)| (format!("boot/syslinux/{name}"), text))
    .into();
    let words = format!("archisobasedir=arch archisosearchuuid={uuid}");
    files.extend(loader_entries(&[
        ("01-archiso-linux", "Arch Linux install medium (x86_64, UEFI)", KERNEL, INITRD, &words),
        (
            "02-archiso-speech-linux",
            "Arch Linux install medium (x86_64, UEFI) with speech",
            KERNEL,
            INITRD,
            &format!("{words} accessibility=on"),
        ),
    ]));
    files.push((
        "loader/entries/03-archiso-memtest86+x64.conf".to_owned(),
        "title Memtest86+\nsort-key 03\nefi /boot/memtest86+/memtest.efi\narchitecture x64\n".to_owned(),
    ));
    files.push(("loader/loader.conf".to_owned(), "timeout 15\ndefault 01-archiso-linux.conf\n".to_owned()));
    files.push((
        "boot/grub/loopback.cfg".to_owned(),
        format!(
            "search --no-floppy --set=archiso_img_dev --file \"${{iso_path}}\"
probe --set archiso_img_dev_uuid --fs-uuid \"${{archiso_img_dev}}\"
set default=archlinux
set timeout=15

menuentry \"Arch Linux install medium (x86_64, ${{grub_platform}})\" --class arch --id archlinux {{
    linux {KERNEL} {words} img_dev=UUID=${{archiso_img_dev_uuid}} img_loop=\"${{iso_path}}\"
    initrd {INITRD}
}}
"
        ),
    ));
    files
}

fn loader_entries(entries: &[(&str, &str, &str, &str, &str)]) -> Files {
    entries
        .iter()
        .map(|(name, title, kernel, initrd, words)| {
            let text = format!("title {title}\nlinux {kernel}\ninitrd {initrd}\noptions {words}\n");
            (format!("loader/entries/{name}.conf"), text)
        })
        .collect()
}

fn of_2014(Names { volume, .. }: &Names) -> Files {
    // Every name is relative to /arch/, which is the prefix or the current folder of whoever reads these files.
    const FOLDER: &str = "boot/syslinux/";
    let systems = |way: &str, cpu: &str, short: &str| {
        let entry = |method: &str, words: String| Linux {
            label: "",
            title: format!("Boot Arch Linux ({cpu}){method}"),
            help: format!("Starts Arch Linux ({cpu}){method}.\nFor an installation or for repairs."),
            kernel: format!("boot/{cpu}/vmlinuz"),
            initrd: format!("boot/{cpu}/archiso.img"),
            words: format!("archisobasedir=arch {words}"),
            network: way == "pxe",
        };
        if way == "sys" {
            let label = format!("arch{short}");
            return linux([Linux { label: &label, ..entry("", format!("archisolabel={volume}")) }]);
        }
        let [nbd, nfs, http] = ["nbd", "nfs", "http"].map(|method| format!("arch{short}_{method}"));
        linux([
            Linux { label: &nbd, ..entry(" (NBD)", format!("archisolabel={volume} archiso_nbd_srv=${{pxeserver}}")) },
            Linux { label: &nfs, ..entry(" (NFS)", "archiso_nfs_srv=${pxeserver}:/run/archiso/bootmnt".to_owned()) },
            Linux { label: &http, ..entry(" (HTTP)", "archiso_http_srv=http://${pxeserver}/".to_owned()) },
        ])
    };
    let in_folder = |name: &str| format!("{FOLDER}{name}");
    let mut here: Vec<(String, String)> = vec![
        (
            "archiso.cfg".to_owned(),
            chooser(
                &in_folder("whichsys.c32"),
                "-pxe- pxe -sys- sys -iso- sys",
                &[("pxe", &in_folder("archiso_pxe_choose.cfg")), ("sys", &in_folder("archiso_sys_choose.cfg"))],
            ),
        ),
        ("archiso_head.cfg".to_owned(), head(FOLDER, 38_400, "")),
        ("archiso_tail.cfg".to_owned(), tail(FOLDER, "boot/memtest")),
        (
            "syslinux.cfg".to_owned(),
            "DEFAULT loadconfig\n\nLABEL loadconfig\nCONFIG archiso.cfg\nAPPEND ../../\n".to_owned(),
        ),
    ];
    for way in ["pxe", "sys"] {
        let [both, only32, choose] = ["both_inc", "32_inc", "choose"].map(|part| format!("archiso_{way}_{part}.cfg"));
        let [list64, list32] = ["64", "32"].map(|short| format!("archiso_{way}{short}.cfg"));
        let start = if way == "sys" { "TIMEOUT 150\n" } else { "" };
        here.extend([
            (
                choose,
                chooser(
                    &in_folder("ifcpu64.c32"),
                    "have64 -- nohave64",
                    &[("have64", &in_folder(&both)), ("nohave64", &in_folder(&only32))],
                ),
            ),
            (
                both,
                includes(FOLDER, &["archiso_head.cfg"])
                    + start
                    + &includes(FOLDER, &[&list64, &list32, "archiso_tail.cfg"]),
            ),
            (
                only32,
                includes(FOLDER, &["archiso_head.cfg"]) + start + &includes(FOLDER, &[&list32, "archiso_tail.cfg"]),
            ),
            (list64, systems(way, "x86_64", "64")),
            (list32, systems(way, "i686", "32")),
        ]);
    }
    let mut files: Files = here.into_iter().map(|(name, text)| (format!("arch/{FOLDER}{name}"), text)).collect();
    files.push((
        "isolinux/isolinux.cfg".to_owned(),
        format!(
            "PATH /arch/{FOLDER}\nDEFAULT loadconfig\n\nLABEL loadconfig\nCONFIG /arch/{FOLDER}archiso.cfg\nAPPEND /arch/\n"
        ),
    ));
    files.extend(loader_entries(&[(
        "archiso-x86_64",
        "Arch Linux archiso x86_64 UEFI",
        "/arch/boot/x86_64/vmlinuz",
        "/arch/boot/x86_64/archiso.img",
        &format!("archisobasedir=arch archisolabel={volume}"),
    )]));
    files.push(("loader/loader.conf".to_owned(), "timeout 3\ndefault archiso-x86_64\n".to_owned()));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: Names = Names { uuid: "2026-11-01-00-00-00-00", volume: "ARCH_201409" };

    fn text_of(layout: Layout, path: &str) -> String {
        let all = files(layout, &NAMES);
        all.into_iter().find(|(name, _)| name == path).unwrap_or_else(|| panic!("no file {path}")).1
    }

    /// The kernel line of the HTTP entry, word for word.
    #[test]
    fn the_http_entries_are_those_of_archiso() {
        let today = text_of(Layout::Today, "boot/syslinux/archiso_pxe-linux.cfg");
        assert!(
            today.contains(
                "APPEND archisobasedir=arch archiso_http_srv=http://${pxeserver}/ cms_verify=y\nSYSAPPEND 3\n"
            )
        );
        assert!(today.contains("LINUX ::/arch/boot/x86_64/vmlinuz-linux\n"));
        let old = text_of(Layout::Y2014, "arch/boot/syslinux/archiso_pxe64.cfg");
        assert!(old.contains("APPEND archisobasedir=arch archiso_http_srv=http://${pxeserver}/\nSYSAPPEND 3\n"));
        assert!(old.contains("LABEL arch64_http\n") && old.contains("MENU LABEL Boot Arch Linux (x86_64) (HTTP)\n"));
    }

    /// The PXE menu of today waits for ever, the one of the CD counts down.
    #[test]
    fn only_the_menu_on_the_medium_has_a_timeout() {
        assert!(!text_of(Layout::Today, "boot/syslinux/archiso_pxe.cfg").contains("TIMEOUT"));
        assert!(text_of(Layout::Today, "boot/syslinux/archiso_sys.cfg").contains("TIMEOUT 150"));
    }

    /// Each file that INCLUDE or CONFIG names is there, counted from the folder that the loader counts from.
    #[test]
    fn every_named_config_file_exists() {
        for (layout, base) in [(Layout::Today, "boot/syslinux/"), (Layout::Y2014, "arch/")] {
            let all = files(layout, &NAMES);
            let configs = all.iter().filter(|(name, _)| name.ends_with(".cfg") && !name.ends_with("/syslinux.cfg"));
            for (name, text) in configs {
                for line in text.lines() {
                    let Some(("INCLUDE" | "CONFIG", wanted)) = line.split_once(' ') else { continue };
                    let path = wanted
                        .strip_prefix('/')
                        .map_or_else(|| format!("{base}{wanted}"), |absolute| absolute.to_owned());
                    assert!(all.iter().any(|(other, _)| *other == path), "{name} names {wanted}");
                }
            }
        }
    }
}
