//! Where loaders of the machine stand in the tree: one fixed path for each program, whatever its file is called here.

use super::{Node, Plan, Role};
use crate::facts::{Facts, RASPBERRY_PI, Usual};
use crate::proto::dhcp::EfiCpu;
use crate::spec::loader::{LoaderKind, Machine};

/// The processor of the UEFI firmware that executes a loader; `None` for what is not for UEFI.
pub(super) fn cpu(kind: LoaderKind) -> Option<EfiCpu> {
    Some(match kind.machine() {
        Machine::Ia32 => EfiCpu::Ia32,
        Machine::X64 => EfiCpu::X64,
        Machine::Arm64 => EfiCpu::Arm64,
        Machine::Riscv64 => EfiCpu::Riscv64,
        Machine::Loong64 => EfiCpu::Loongarch64,
        Machine::Bios | Machine::RaspberryPi => return None,
    })
}

/// The path of a program in the tree, by its name in plans. shim looks for GRUB beside itself by the name that it has here.
fn path(name: &str) -> Option<&'static str> {
    Some(match name {
        "undionly.kpxe" => "ipxe/bios/undionly.kpxe",
        "ipxe.pxe" => "ipxe/bios/ipxe.pxe",
        "ipxe.lkrn" => "ipxe/bios/ipxe.lkrn",
        "ipxe-ia32.efi" => "ipxe/ia32/ipxe.efi",
        "ipxe-x64.efi" => "ipxe/x64/ipxe.efi",
        "ipxe-arm64.efi" => "ipxe/arm64/ipxe.efi",
        "ipxe-riscv64.efi" => "ipxe/riscv64/ipxe.efi",
        "ipxe-loong64.efi" => "ipxe/loong64/ipxe.efi",
        "shimx64.efi" => "grub/x64/shimx64.efi",
        "grubx64.efi" => "grub/x64/grubx64.efi",
        "shimaa64.efi" => "grub/arm64/shimaa64.efi",
        "grubaa64.efi" => "grub/arm64/grubaa64.efi",
        _ => return None,
    })
}

/// Adds the programs of a loader to the tree. Returns the path of the first one, or `None` where the loader was not found.
///
/// `ipxe-bios` may be two, of which `undionly.kpxe` is the first: each is in the tree where it was found.
pub(super) fn place(kind: LoaderKind, facts: &Facts, plan: &mut Plan) -> Option<String> {
    let mut first = None;
    for program in Usual::of(kind)?.programs {
        let placed = place_program(kind, program.name, facts, plan);
        first = first.or(placed);
    }
    first
}

/// Adds one program of a loader to the tree. Returns its path, or `None` where it was not found.
pub(super) fn place_program(kind: LoaderKind, name: &str, facts: &Facts, plan: &mut Plan) -> Option<String> {
    let pin = facts.loaders.get(&kind)?.files.get(name)?;
    let path = path(name)?;
    plan.loaders.insert(name.to_owned(), pin.clone());
    plan.tree.insert(path.to_owned(), Node::Loader(name.to_owned()));
    Some(path.to_owned())
}

/// Adds the folder of a Raspberry Pi, whose boot ROM asks for fixed names at the root, after it has tried the same ones in a
/// folder with its serial number.
pub(super) fn place_raspberry_pi(facts: &Facts, plan: &mut Plan) {
    let Some(loader) = facts.loaders.get(&LoaderKind::RaspberryPi) else { return };
    plan.loaders.extend(loader.files.clone());
    for path in loader.in_folder() {
        plan.tree.insert(path.to_owned(), Node::Loader(format!("{RASPBERRY_PI}{path}")));
        plan.roles.insert(path.to_owned(), role_of_raspberry_pi(path));
        plan.below_serial.insert(path.to_owned());
    }
}

fn role_of_raspberry_pi(path: &str) -> Role {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is = |start: &str, end: &str| name.starts_with(start) && name.ends_with(end);
    if is("kernel", ".img") || is("vmlinuz", "") {
        Role::Kernel
    } else if is("initramfs", "") || is("initrd", "") {
        Role::Initrd
    } else if is("start", ".elf") || is("bootcode", ".bin") {
        Role::Loader
    } else if is("fixup", ".dat") || is("", ".dtb") || is("", ".dtbo") {
        Role::Module
    } else {
        Role::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every program of the table of loaders has a place of its own, which DHCP can tell (UE-11).
    #[test]
    fn every_program_has_a_place() {
        let mut seen = Vec::new();
        for row in Usual::all() {
            for program in row.programs {
                let path = path(program.name).unwrap_or_else(|| panic!("{} has none", program.name));
                assert!(path.len() <= 64 && !seen.contains(&path), "{path}");
                seen.push(path);
            }
            assert_eq!(cpu(row.kind).is_some(), row.machine_type.is_some(), "{row:?}");
        }
    }
}
