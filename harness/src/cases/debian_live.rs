//! Debian Live: a whole distribution, whose medium brings nothing for network boot.

use super::archiso::{came_from_the_server, expect};
use super::specs;
use crate::bench::Bench;
use crate::case::{Case, Stop, Verdict};
use crate::error::Error;
use crate::firmware::{Age, Firmware, Rom};
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER};
use crate::qemu::{Hardware, Identity, Nic};
use crate::script::{DEBIAN_LIVE, Step, choose, menu};
use crate::subject::seed::DEBIAN_LIVE_ENTRY as TITLE;
use crate::subject::{Family, Image, Subject};

pub(super) const CASES: &[Case] = &[Case {
    name: "debian_live_reaches_login",
    proves: "live-boot fetches its root image from the server and systemd reaches the login prompt",
    run: reaches_login,
}];

/// The root image is unpacked in memory beside a whole system.
pub(crate) const HARDWARE: Hardware = Hardware {
    memory: 3072,
    nic: Nic::Virtio,
    firmware: Firmware::SeaBios(Rom::Ipxe(Age::Installed)),
    identity: Identity::NONE,
};

/// What netspec may have resident while it serves this medium of 300 MB, in bytes.
const MEMORY: u64 = 20 * 1024 * 1024;

/// The medium.
pub(crate) fn image(bench: &Bench) -> std::result::Result<Image, Stop> {
    Ok(Image { iso: bench.isos().debian_live()?, family: Family::DebianLive })
}

/// Puts up LAN, router, server and PC.
pub(crate) fn power_on(bench: &mut Bench) -> Verdict {
    let image = image(bench)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    let spec = specs::one("debian", &image.iso);
    bench.serve(&spec, &[image])?;
    bench.power_on(HARDWARE, None)?;
    Ok(())
}

/// The steps from power-on to a shell.
pub(crate) fn steps_to_login() -> [Step; 3] {
    [menu(&[TITLE]), choose(TITLE), Step::LogIn(DEBIAN_LIVE)]
}

fn reaches_login(bench: &mut Bench) -> Verdict {
    power_on(bench)?;
    let guest = bench.guest()?;
    guest.play(&steps_to_login())?;
    expect("/proc/cmdline", &guest.shell("cat /proc/cmdline")?, &format!("fetch=http://{SERVER}"))?;
    let mounts = guest.shell("cat /proc/mounts")?;
    let root = mounts.lines().find(|line| line.split_whitespace().nth(1) == Some("/"));
    expect("the root file system", root.unwrap_or_default(), "overlay")?;
    expect("/proc/mounts", &mounts, "squashfs")?;
    came_from_the_server(bench, "filesystem.squashfs")?;
    let memory = bench.server_memory()?;
    if bench.only(Subject::Netspec).is_ok() && memory > MEMORY {
        return Err(Error::new(format!("netspec had {memory} bytes resident, and {MEMORY} are its limit")).into());
    }
    Ok(())
}
