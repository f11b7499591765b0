//! The other machines on the LAN, which must not notice that there is network boot.

use std::path::Path;

use super::{archiso, specs};
use crate::bench::Bench;
use crate::capture::Capture;
use crate::case::{Case, Verdict};
use crate::error::{Error, Result};
use crate::lab::process::Launch;
use crate::lab::router::Siaddr;
use crate::lab::{POOL, ROUTER, RouterKind};
use crate::media::Layout;

pub(super) const CASES: &[Case] = &[Case {
    name: "ordinary_dhcp_client_gets_its_lease_and_nothing_from_us",
    // DH-02, ST-07, G16.
    proves: "a client that does not want to boot gets its address from the router and no packet from the server",
    run: ordinary_client,
}];

/// Debian's package `busybox-static`.
const BUSYBOX: &str = "busybox";

fn ordinary_client(bench: &mut Bench) -> Verdict {
    let image = archiso::image(bench, Layout::Today)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    let server = bench.serve(&specs::one("arch", &image.iso), &[image])?;
    let script = bench.evidence().file("udhcpc-script");
    let client = bench.add_client()?;
    let (id, mac) = (client.id(), client.mac);
    let said = ask_for_lease(id, &script)?;
    if !said.contains(&format!("bound {POOL} {ROUTER}")) {
        return Err(Error::new(format!("the client did not get {POOL} from {ROUTER}: {said}")).into());
    }
    let capture = Capture::read(&bench.evidence().file("client.pcap"))?;
    // Without the client's own questions the silence would prove nothing.
    if capture.datagrams_from(mac, 68) < 2 {
        return Err(Error::new("the recording does not have the client's own packets").into());
    }
    match capture.datagrams_from(server, 67) + capture.datagrams_from(server, 4011) {
        0 => Ok(()),
        count => Err(Error::new(format!("the server sent {count} DHCP packets to an ordinary client")).into()),
    }
}

/// Runs a DHCP client once and returns what it said; its script only reports, so the interface stays as it is.
pub(super) fn ask_for_lease(client: u32, script: &Path) -> Result<String> {
    crate::tools::write_script(script, "#!/bin/sh\n[ \"$1\" = bound ] && echo \"bound $ip $router\"\nexit 0\n")?;
    Launch::new("udhcpc", BUSYBOX)
        .args(["udhcpc", "-f", "-q", "-n", "-t", "5", "-T", "2", "-i", "eth0", "-s"])
        .arg(script)
        .inside(client)
        .output()
}
