//! Networks that are in a PC's way, and what the server says about them.

use std::time::Duration;

use super::{archiso, specs};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::error::{Error, Result};
use crate::lab::process::Launch;
use crate::lab::router::Siaddr;
use crate::lab::{Meddling, RIVAL, ROUTER, RouterKind, SERVER};
use crate::media::Layout;
use crate::qemu::Hardware;
use crate::subject::Subject;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "second_boot_server_is_named",
        proves: "another proxy on the LAN is told with its address and the cure; which one iPXE takes is a race",
        run: |bench| {
            let wanted = format!("{RIVAL}  is another boot server");
            pc_beside(bench, RouterKind::BuiltIn(Siaddr::Zero), true, &wanted)
        },
    },
    Case {
        name: "router_that_calls_itself_a_pxe_server_is_named",
        proves: "a router that sends option 60 = PXEClient is told with its address and the cure",
        run: |bench| {
            let wanted = format!("{ROUTER}  gives addresses and says that it is a PXE server");
            pc_beside(bench, RouterKind::Meddling(Meddling::PxeClass), false, &wanted)
        },
    },
    Case {
        name: "router_that_gives_a_boot_file_is_named",
        proves: "a router that sends a boot file name is told with its address and the name",
        run: |bench| {
            let wanted = format!("{ROUTER}  gives addresses and the boot file name \"theirs.0\"");
            pc_beside(bench, RouterKind::Meddling(Meddling::FileName), false, &wanted)
        },
    },
    Case {
        name: "loading_in_a_circle_is_named",
        proves: "a card that loads its loader again and again is told as one that goes in a circle",
        run: circle,
    },
];

/// How long a PC may take from power-on to its first packets.
const PATIENCE: Duration = Duration::from_secs(180);
/// Debian's package `busybox-static`.
const BUSYBOX: &str = "busybox";

/// Switches a PC on and waits for what the server says; how the PC fares is the rival's doing.
fn pc_beside(bench: &mut Bench, router: RouterKind, rival: bool, wanted: &str) -> Verdict {
    bench.only(Subject::Netspec)?;
    let image = archiso::image(bench, Layout::Today)?;
    bench.lan(router)?;
    bench.serve(&specs::one("arch", &image.iso), &[image])?;
    if rival {
        bench.add_rival()?;
    }
    bench.power_on(Hardware::default(), None)?;
    Ok(bench.server_says(wanted, PATIENCE)?)
}

/// The fifth load within a minute is a circle (protocol checklist, ST-03).
const LOADS: usize = 5;

fn circle(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    let image = archiso::image(bench, Layout::Today)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&specs::one("arch", &image.iso), &[image])?;
    let copy = bench.evidence().file("loader");
    let client = bench.add_client()?.id();
    for line in ["addr add 10.77.0.50/24 dev eth0", "link set eth0 up"] {
        Launch::new("ip", "ip").args(line.split(' ')).inside(client).output()?;
    }
    for _ in 0..LOADS {
        let server = SERVER.to_string();
        let arguments = ["tftp", "-g", "-r", "iso/arch/boot/syslinux/lpxelinux.0", "-l"];
        Launch::new("tftp", BUSYBOX).args(arguments).arg(&copy).arg(&server).inside(client).output()?;
    }
    let size = std::fs::metadata(&copy).map_or(0, |copy| copy.len());
    remove(&copy)?;
    if size == 0 {
        return Err(Error::new("the loader has no bytes").into());
    }
    bench.server_says("5 times in", PATIENCE)?;
    Ok(bench.server_says("it goes in a circle", PATIENCE)?)
}

fn remove(file: &std::path::Path) -> Result<()> {
    std::fs::remove_file(file).map_err(|error| Error::new(format!("{}: {error}", file.display())))
}
