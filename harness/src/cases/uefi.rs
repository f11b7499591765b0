//! UEFI: from the firmware's own network boot over netspec's menu in iPXE to a shell.

use super::archiso::{self, came_from_the_server};
use super::{debian_live, specs};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::error::{Error, Result};
use crate::firmware::{BootFrom, Firmware};
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER};
use crate::media::Layout;
use crate::qemu::Hardware;
use crate::script::{ARCHISO, DEBIAN_LIVE, Step, choose, menu};
use crate::subject::seed::{ARCHISO_ENTRY, DEBIAN_LIVE_ENTRY};
use crate::subject::{Image, Subject};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "ovmf_pxe_reaches_login_of_archiso",
        // G01, UE-03, DH-50.
        proves: "UEFI's PXE gets iPXE from the server, whose menu leads to the system of today's Arch medium",
        run: |bench| archiso_over(bench, BootFrom::Pxe),
    },
    Case {
        name: "ovmf_http_boot_reaches_login_of_archiso",
        // G11, HB-01, HB-02.
        proves: "UEFI HTTP Boot gets iPXE from the server by HTTP, whose menu leads to the same system",
        run: |bench| {
            // dnsmasq as a proxy has no answer to HTTP Boot.
            bench.only(Subject::Netspec)?;
            archiso_over(bench, BootFrom::Http)
        },
    },
    Case {
        name: "ovmf_pxe_reaches_login_of_debian_live",
        proves: "UEFI's PXE leads to a whole distribution, whose root image comes from the server",
        run: debian,
    },
    Case {
        name: "ovmf_menu_of_two_isos_starts_the_second",
        proves: "an entry of netspec's own menu in iPXE starts the system of the Arch medium of 2014",
        run: second_of_two,
    },
];

/// The port of TFTP requests.
const TFTP: u16 = 69;

fn archiso_over(bench: &mut Bench, from: BootFrom) -> Verdict {
    let image = archiso::image(bench, Layout::Today)?;
    let hardware = Hardware { firmware: Firmware::ovmf(from), ..Hardware::default() };
    power_on(bench, "arch", image, hardware)?;
    bench.guest()?.play(&[menu(&[ARCHISO_ENTRY]), choose(ARCHISO_ENTRY), Step::LogIn(ARCHISO)])?;
    booted_as(bench, from)?;
    Ok(archiso::runs_from_the_server(bench)?)
}

fn debian(bench: &mut Bench) -> Verdict {
    let image = debian_live::image(bench)?;
    let hardware = Hardware { firmware: Firmware::ovmf(BootFrom::Pxe), ..debian_live::HARDWARE };
    power_on(bench, "debian", image, hardware)?;
    bench.guest()?.play(&[menu(&[DEBIAN_LIVE_ENTRY]), choose(DEBIAN_LIVE_ENTRY), Step::LogIn(DEBIAN_LIVE)])?;
    booted_as(bench, BootFrom::Pxe)?;
    let line = bench.guest()?.shell("cat /proc/cmdline")?;
    archiso::expect("/proc/cmdline", &line, &format!("fetch=http://{SERVER}"))?;
    Ok(came_from_the_server(bench, "filesystem.squashfs")?)
}

fn second_of_two(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    let (today, then) = (archiso::image(bench, Layout::Today)?, archiso::image(bench, Layout::Y2014)?);
    let spec = specs::menu(&[("today", &today.iso), ("then", &then.iso)]);
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&spec, &[today, then])?;
    let hardware = Hardware { firmware: Firmware::ovmf(BootFrom::Pxe), ..Hardware::default() };
    let steps = [menu(&["Boot today", "Boot then"]), choose("Boot then"), Step::LogIn(ARCHISO)];
    bench.power_on(hardware, None)?.play(&steps)?;
    let line = bench.guest()?.shell("cat /proc/cmdline")?;
    archiso::expect("/proc/cmdline", &line, &format!("archiso_http_srv=http://{SERVER}/iso/then/"))?;
    booted_as(bench, BootFrom::Pxe)?;
    Ok(archiso::runs_from_the_server(bench)?)
}

fn power_on(bench: &mut Bench, name: &str, image: Image, hardware: Hardware) -> Verdict {
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    let spec = specs::one(name, &image.iso);
    bench.serve(&spec, &[image])?;
    bench.power_on(hardware, None)?;
    Ok(())
}

/// Proves from inside the system that UEFI started it, and from the cable how UEFI was booted.
pub(super) fn booted_as(bench: &mut Bench, from: BootFrom) -> Result<()> {
    bench.guest()?.shell("test -d /sys/firmware/efi")?;
    let capture = bench.capture()?;
    let (asked, requests) = (capture.datagrams_to(SERVER, TFTP), capture.http_requests());
    let by_http = requests.iter().any(|request| request.starts_with("GET ") && request.ends_with(".efi"));
    match from {
        BootFrom::Pxe if asked > 0 && !by_http => Ok(()),
        BootFrom::Http if by_http => Ok(()),
        _ => Err(Error::new(format!(
            "UEFI was to boot by {from:?}, but there were {asked} TFTP requests, and by HTTP {requests:?}"
        ))),
    }
}
