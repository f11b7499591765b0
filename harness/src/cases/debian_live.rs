//! Debian Live: a whole distribution, whose medium brings nothing for network boot.

use super::archiso::{came_from_the_server, expect};
use super::specs;
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER};
use crate::qemu::{Hardware, Nic};
use crate::script::{DEBIAN_LIVE, Step, choose, menu};
use crate::subject::seed::DEBIAN_LIVE_ENTRY as TITLE;
use crate::subject::{Family, Image};

pub(super) const CASES: &[Case] = &[Case {
    name: "debian_live_reaches_login",
    proves: "live-boot fetches its root image from the server and systemd reaches the login prompt",
    run: reaches_login,
}];

/// The root image is unpacked in memory beside a whole system.
const HARDWARE: Hardware = Hardware { memory: 3072, nic: Nic::Virtio };

/// Puts up LAN, router, server and PC.
pub(crate) fn power_on(bench: &mut Bench) -> Verdict {
    let image = Image { iso: bench.isos().debian_live()?, family: Family::DebianLive };
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    let spec = specs::menu(&[("debian", &image.iso)]);
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
    Ok(came_from_the_server(bench, "filesystem.squashfs")?)
}
