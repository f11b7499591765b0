//! Loaders of every kind: where they are found, and what clients get of them.

use std::collections::BTreeMap;
use std::path::Path;

use netspec::cli::compile::{Compiled, compile};
use netspec::facts::Usual;
use netspec::world::MemWorld;

use crate::support::{iso9660, trees};

const SPEC: &str = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\niso \"arch\" \"arch.iso\"\n";

/// A machine with one archiso and, before any others, no loader.
fn machine(spec: &str) -> MemWorld {
    let files: BTreeMap<_, _> =
        trees::archiso().into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    MemWorld::default().with("spec.kdl", spec).with("arch.iso", iso9660::image("ARCH_202611", &files))
}

fn plan(compiled: &Compiled) -> serde_json::Value {
    let outcome = compiled.outcome.as_ref().unwrap_or_else(|| panic!("{:?}", compiled.findings));
    serde_json::to_value(&outcome.plan).unwrap()
}

/// Each usual place of each kind is looked at, and what lies there is told to firmware of its processor, over PXE and over
/// HTTP alike.
#[test]
fn every_usual_place_is_looked_at() {
    let cpus = ["ia32", "x64", "arm64", "riscv64", "loongarch64"];
    for row in Usual::all().filter(|row| row.kind.is_ipxe()) {
        for program in row.programs {
            for place in program.places {
                let bytes = row.machine_type.map_or_else(|| b"bios".to_vec(), trees::uefi_program);
                let plan = plan(&compile(Path::new("spec.kdl"), &machine(SPEC).with(*place, bytes)));
                let boot = &plan["boot"];
                let served: Vec<_> = cpus.iter().filter(|cpu| boot["efi"][**cpu].is_object()).collect();
                assert_eq!(served.len(), usize::from(row.machine_type.is_some()), "{place}: {boot}");
                for cpu in served {
                    let file = &boot["efi"][*cpu]["file"];
                    assert_eq!(
                        (file, &plan["tree"][file.as_str().unwrap()]["loader"]),
                        (&boot["http"][*cpu], &program.name.into())
                    );
                }
            }
        }
    }
}

#[test]
fn a_machine_with_every_loader_serves_every_processor() {
    let mut world = machine(SPEC);
    for row in Usual::all() {
        for program in row.programs {
            let bytes = row.machine_type.map_or_else(|| b"bios".to_vec(), trees::uefi_program);
            world = world.with(program.places[0], bytes);
        }
    }
    let plan = plan(&compile(Path::new("spec.kdl"), &world));
    insta::assert_snapshot!(serde_json::to_string_pretty(&plan["boot"]["efi"]).unwrap());
}

/// A machine that boots PCs and ARM boards: lines are for those that can execute what they lead to.
#[test]
fn a_menu_has_no_line_for_another_processor() {
    let spec = "network \"home\" {\n    subnet \"192.168.1.0/24\"\n}\n\
                iso \"arch\" \"arch.iso\"\niso \"boards\" \"boards.iso\"\nloader \"ipxe-arm64\" \"snponly.efi\"\n\
                menu \"main\" timeout=10 {\n    entry \"arch\" iso=\"arch\" default=#true\n    entry \"boards\" iso=\"boards\"\n\
                entry \"rescue\" iso=\"boards\" {\n        kernel \"/rescue/vmlinuz\"\n    }\n    entry \"pc\" menu=\"pc\"\n\
                entry \"disk\" boot=\"local-disk\"\n}\nmenu \"pc\" title=\"PCs only\" timeout=5 {\n    entry \"arch\" iso=\"arch\"\n}\n";
    let iso = |volume: &str, files: Vec<(&str, Vec<u8>)>| {
        let files = files.into_iter().map(|(path, bytes)| (path.to_owned(), bytes)).collect();
        iso9660::image(volume, &files)
    };
    let arch = trees::archiso().into_iter().map(|(path, text)| match path.contains("vmlinuz") {
        true => (path, trees::x64_program()),
        false => (path, text.into_bytes()),
    });
    let boards = vec![
        ("live/filesystem.squashfs", b"root".to_vec()),
        ("live/vmlinuz", trees::uefi_program(0xaa64)),
        ("live/initrd.img", b"initrd".to_vec()),
        ("rescue/vmlinuz", trees::uefi_program(0xaa64)),
    ];
    let mut world = machine(spec)
        .with("arch.iso", iso("ARCH_202611", arch.collect()))
        .with("boards.iso", iso("BOARDS", boards))
        .with("snponly.efi", trees::uefi_program(0xaa64))
        .with("/usr/lib/PXELINUX/lpxelinux.0", "loader");
    for name in ["ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        world = world.with(format!("/usr/lib/syslinux/modules/bios/{name}"), name);
    }
    let plan = plan(&compile(Path::new("spec.kdl"), &world));
    let script = plan["tree"]["boot.ipxe"]["text"].as_array().unwrap();
    let script: String = script.iter().map(|part| part.as_str().unwrap_or("$")).collect();
    let no_kernels =
        |line: &&str| !["kernel ", "initrd ", "imgfree", "boot "].iter().any(|word| line.starts_with(word));
    insta::assert_snapshot!(script.lines().filter(no_kernels).collect::<Vec<_>>().join("\n"));
}
