//! Secure Boot on, with the keys that PCs are sold with: nothing starts that Microsoft or a distribution has not signed.

use std::path::{Path, PathBuf};

use super::archiso::{self, came_from_the_server, expect};
use super::{debian_live, specs};
use crate::bench::Bench;
use crate::case::{Case, Stop, Verdict};
use crate::error::{Context, Error, Result};
use crate::firmware::{self, BootFrom, Firmware};
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER, hex_mac};
use crate::media::Layout;
use crate::qemu::{Hardware, PC_MAC};
use crate::script::{ARCHISO, DEBIAN_LIVE, Step, choose, menu};
use crate::subject::{Image, Subject};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "secure_boot_over_http_boot_reaches_login_of_archiso",
        proves: "with Secure Boot on, UEFI HTTP Boot leads over shim and GRUB to a signed kernel and a login",
        run: archiso,
    },
    Case {
        name: "secure_boot_over_http_boot_reaches_login_of_debian_live",
        proves: "with Secure Boot on, netspec's menu in GRUB starts a whole distribution as it is published",
        run: debian,
    },
    Case {
        name: "secure_boot_over_pxe_reaches_login_where_netspec_is_the_dhcp_server",
        proves: "with Secure Boot on and no other DHCP server, PXE leads over the shim and GRUB of this machine to a login",
        run: isolated,
    },
    Case {
        name: "secure_boot_over_pxe_reaches_login_beside_dnsmasq_by_a_merged_offer",
        proves: "with Secure Boot on, a rule with `merged` and shim leads PXE to a login although the router is the DHCP server",
        run: merged,
    },
    Case {
        name: "secure_boot_refuses_an_unsigned_ipxe_over_pxe",
        proves: "with Secure Boot on, the firmware loads iPXE over PXE and refuses it, and netspec says what that means",
        run: refused,
    },
];

/// GRUB's entry of the Arch medium.
pub(crate) const ARCHISO_TITLE: &str = "(x86_64)";
/// The first entry of Debian Live's own menu.
const DEBIAN_TITLE: &str = "Live system (amd64)";

/// The value of the variable of UEFI, behind four bytes of attributes (UEFI Specification, "Globally Defined Variables").
const VARIABLE: &str =
    "od -An -t u1 -j 4 -N 1 /sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

fn archiso(bench: &mut Bench) -> Verdict {
    let image = archiso::image(bench, Layout::Today)?;
    power_on(bench, "arch", image, Hardware { firmware: Firmware::SecureBoot(BootFrom::Http), ..Hardware::default() })?;
    bench.guest()?.play(&[menu(&[ARCHISO_TITLE]), choose(ARCHISO_TITLE), Step::LogIn(ARCHISO)])?;
    was_on(bench)?;
    came_over_shim(bench)?;
    Ok(archiso::runs_from_the_server(bench)?)
}

fn debian(bench: &mut Bench) -> Verdict {
    let image = debian_live::image(bench)?;
    let hardware = Hardware { firmware: Firmware::SecureBoot(BootFrom::Http), ..debian_live::HARDWARE };
    power_on(bench, "debian", image, hardware)?;
    bench.guest()?.play(&[menu(&[DEBIAN_TITLE]), choose(DEBIAN_TITLE), Step::LogIn(DEBIAN_LIVE)])?;
    expect("the kernel's log", &bench.guest()?.shell(&format!("sudo {LOG}"))?, "Secure boot enabled")?;
    expect("the variable SecureBoot", &bench.guest()?.shell(VARIABLE)?, "1")?;
    came_over_shim(bench)?;
    expect("/proc/cmdline", &bench.guest()?.shell("cat /proc/cmdline")?, &format!("fetch=http://{SERVER}"))?;
    Ok(came_from_the_server(bench, "filesystem.squashfs")?)
}

fn power_on(bench: &mut Bench, name: &str, image: Image, hardware: Hardware) -> Verdict {
    bench.only(Subject::Netspec)?;
    let spec = specs::one(name, &image.iso) + &loaders(bench)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&spec, &[image])?;
    bench.power_on(hardware, None)?;
    Ok(())
}

/// GRUB of every release finds the server that gave the client its address.
fn isolated(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    installed()?;
    let image = archiso::image(bench, Layout::Today)?;
    bench.isolated_lan()?;
    bench.serve(&specs::isolated("arch", &image.iso), &[image])?;
    by_pxe(bench)
}

/// GRUB takes netspec for the DHCP server, because the router's answer comes from there (UE-13, ST-08).
fn merged(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    bench.needs_root("dnsmasq drops to another user")?;
    installed()?;
    let image = archiso::image(bench, Layout::Today)?;
    let rule =
        format!("host \"pc\" {{\n    mac {:?}\n    mode \"merged\"\n    loader \"shim-x64\"\n}}\n", hex_mac(PC_MAC));
    let spec = specs::one("arch", &image.iso) + &rule;
    bench.lan(RouterKind::Dnsmasq)?;
    bench.serve(&spec, &[image])?;
    by_pxe(bench)
}

/// Needs shim and GRUB of this machine.
pub(super) fn installed() -> std::result::Result<(), Stop> {
    for (file, package) in [(SHIM.to_owned(), "shim-signed"), (format!("/{GRUB}"), "grub-efi-amd64-signed")] {
        if !Path::new(&file).is_file() {
            return Err(Stop::Skipped(format!("there is no {file}; Debian's package {package} has it")));
        }
    }
    Ok(())
}

fn by_pxe(bench: &mut Bench) -> Verdict {
    let hardware = Hardware { firmware: Firmware::SecureBoot(BootFrom::Pxe), ..Hardware::default() };
    bench.power_on(hardware, None)?.play(&[menu(&[ARCHISO_TITLE]), choose(ARCHISO_TITLE), Step::LogIn(ARCHISO)])?;
    was_on(bench)?;
    Ok(archiso::runs_from_the_server(bench)?)
}

/// Debian's package `shim-signed`; the build is signed by Microsoft.
const SHIM: &str = "/usr/lib/shim/shimx64.efi.signed";
/// Debian's network GRUB, below the root of the machine or of an unpacked package.
const GRUB: &str = "usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed";

/// What the spec says about shim and GRUB: the signed GRUB is that of the newest Debian, because before release 13 it cannot load
/// over HTTP.
pub(crate) fn loaders(bench: &Bench) -> std::result::Result<String, Stop> {
    Ok(specs::loaders(&[("shim-x64", &shim()?), ("grub-x64", &grub(bench)?)]))
}

/// The shim of this machine.
pub(crate) fn shim() -> std::result::Result<PathBuf, Stop> {
    if !Path::new(SHIM).is_file() {
        return Err(Stop::Skipped(format!("there is no {SHIM}; Debian's package shim-signed has it")));
    }
    Ok(PathBuf::from(SHIM))
}

/// Debian's newest signed GRUB.
pub(crate) fn grub(bench: &Bench) -> std::result::Result<PathBuf, Stop> {
    Ok(firmware::newest("grub-efi-amd64-signed", bench.cache())?.join(GRUB))
}

/// The kernel's own words, which it says when the variable of UEFI is 1 and the stage before it has not switched it off.
pub(crate) const LOG: &str = "dmesg | grep -i 'secure boot'";

/// Asks the kernel.
fn was_on(bench: &mut Bench) -> Result<()> {
    expect("the kernel's log", &bench.guest()?.shell(LOG)?, "Secure boot enabled")
}

/// What the firmware and shim asked for, on the cable.
pub(crate) fn came_over_shim(bench: &Bench) -> Result<()> {
    let requests = bench.capture()?.http_requests();
    for file in ["shimx64.efi", "grubx64.efi", "grub.cfg"] {
        if !requests.iter().any(|request| request.starts_with("GET ") && request.ends_with(file)) {
            return Err(Error::new(format!("nobody asked for {file}; the requests were {requests:?}")));
        }
    }
    Ok(())
}

/// How long firmware is given to load iPXE, refuse it, and begin anew.
const REFUSAL: std::time::Duration = std::time::Duration::from_secs(150);

fn refused(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    let image = archiso::image(bench, Layout::Today)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&specs::one("arch", &image.iso), &[image])?;
    let hardware = Hardware { firmware: Firmware::SecureBoot(BootFrom::Pxe), ..Hardware::default() };
    bench.power_on(hardware, None)?;
    let log = bench.evidence().server();
    let start = std::time::Instant::now();
    loop {
        let said = std::fs::read_to_string(&log).context(log.display())?;
        if said.contains("Secure Boot") {
            expect("what the server said", &said, "ipxe/x64/ipxe.efi")?;
            return Ok(());
        }
        if start.elapsed() > REFUSAL {
            return Err(Error::new(format!("the server did not speak of Secure Boot: {said}")).into());
        }
        bench.check_alive()?;
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
}
