//! Entries that are no ISO: kernels that lie beside the spec, and what PXELINUX leaves to iPXE.

use std::path::{Path, PathBuf};

use super::archiso::{self, expect, runs_from_the_server};
use super::{secure_boot, specs};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::error::{Context, Error, Result};
use crate::firmware::{BootFrom, Firmware};
use crate::lab::process::Launch;
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER};
use crate::media::Layout;
use crate::qemu::Hardware;
use crate::script::{ARCHISO, Step, choose, menu};
use crate::subject::Subject;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "kernel_of_a_file_reaches_login",
        proves: "a legacy BIOS starts a kernel and an initramfs that lie beside the spec, from the menu that netspec makes",
        run: |bench| {
            reaches_login(bench, FILES)?;
            let line = bench.guest()?.shell("cat /proc/cmdline")?;
            Ok(expect("/proc/cmdline", &line, &format!("BOOT_IMAGE=http://{SERVER}/file/main/files/vmlinuz-linux"))?)
        },
    },
    Case {
        name: "chain_on_legacy_bios_reaches_login",
        proves: "PXELINUX starts iPXE for an entry with a URL, and iPXE follows the script that it leads to",
        run: |bench| {
            reaches_login(bench, CHAIN)?;
            let requests = bench.capture()?.http_requests();
            if !requests.iter().any(|request| request.ends_with("/ipxe.lkrn")) {
                return Err(Error::new(format!("nobody asked for iPXE; the requests were {requests:?}")).into());
            }
            Ok(())
        },
    },
    Case {
        name: "shell_on_uefi_is_that_of_ipxe",
        proves: "on UEFI, an entry with `boot=\"shell\"` ends at iPXE's prompt",
        run: |bench| prompt(bench, Firmware::ovmf(BootFrom::Pxe), "iPXE>"),
    },
    Case {
        name: "shell_with_secure_boot_is_the_prompt_of_grub",
        proves: "with Secure Boot on, an entry with `boot=\"shell\"` ends at GRUB's prompt",
        run: |bench| prompt(bench, Firmware::SecureBoot(BootFrom::Pxe), "grub>"),
    },
];

const PROMPT: &str = "Prompt of the boot loader";
const FILES: &str = "Kernel of a file";
const CHAIN: &str = "Script of a server";
const KERNEL: &str = "arch/boot/x86_64/vmlinuz-linux";
const INITRD: &str = "arch/boot/x86_64/initramfs-linux.img";

fn reaches_login(bench: &mut Bench, entry: &str) -> Verdict {
    bench.only(Subject::Netspec)?;
    let image = archiso::image(bench, Layout::Today)?;
    let words = format!("archisobasedir=arch archiso_http_srv=http://{SERVER}/iso/arch/ ip=dhcp console=ttyS0,115200");
    let [kernel, initrd] = [KERNEL, INITRD].map(|path| file_of(bench, &image.iso, path));
    let (kernel, initrd) = (kernel?, initrd?);
    let script = bench.evidence().file("boot.ipxe");
    let folder = format!("http://{SERVER}/file/main/files");
    let text = format!(
        "#!ipxe\nkernel {folder}/vmlinuz-linux initrd=initrd {words}\ninitrd --name initrd {folder}/initramfs-linux.img\nboot\n"
    );
    std::fs::write(&script, text).context(script.display())?;
    let spec = format!(
        "{}menu \"main\" title=\"Lab netboot\" {{\n    entry \"files\" title={FILES:?} {{\n        kernel {kernel:?}\n        \
         initrd {initrd:?}\n        arguments {words:?}\n    }}\n    entry \"script\" title=\"Script of a file\" {{ kernel {script:?}; }}\n    \
         entry \"chain\" title={CHAIN:?} chain=\"http://{SERVER}/file/main/script/boot.ipxe\"\n    entry \"arch\" iso=\"arch\"\n}}\n",
        specs::one("arch", &image.iso)
    );
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&spec, &[image])?;
    bench.power_on(Hardware::default(), None)?;
    let steps = [menu(&[FILES, CHAIN]), choose(entry), Step::LogIn(ARCHISO)];
    bench.guest()?.play(&steps)?;
    Ok(runs_from_the_server(bench)?)
}

/// For Secure Boot on a LAN of which netspec is the DHCP server, so that shim and GRUB of this machine find it.
fn prompt(bench: &mut Bench, firmware: Firmware, prompt: &'static str) -> Verdict {
    bench.only(Subject::Netspec)?;
    let is_secure = matches!(firmware, Firmware::SecureBoot(_));
    let image = archiso::image(bench, Layout::Today)?;
    if is_secure {
        secure_boot::installed()?;
        bench.isolated_lan()?;
    } else {
        bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    }
    let spec = format!(
        "{}menu \"main\" title=\"Lab netboot\" {{\n    entry \"arch\" iso=\"arch\"\n    entry \"shell\" boot=\"shell\"\n    \
         entry \"restart\" boot=\"restart\"\n}}\n",
        if is_secure { specs::isolated("arch", &image.iso) } else { specs::one("arch", &image.iso) }
    );
    bench.serve(&spec, &[image])?;
    bench.power_on(Hardware { firmware, ..Hardware::default() }, None)?;
    Ok(bench.guest()?.play(&[menu(&[PROMPT, "Restart"]), choose(PROMPT), Step::See(prompt)])?)
}

/// Copies a file out of an ISO.
fn file_of(bench: &Bench, iso: &Path, path: &str) -> Result<PathBuf> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let file = bench.evidence().file(name);
    Launch::new("xorriso", "xorriso")
        .args(["-osirrox", "on", "-indev"])
        .arg(iso)
        .args(["-extract", path])
        .arg(&file)
        .output()?;
    Ok(file)
}
