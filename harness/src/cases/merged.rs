//! One offer of two servers: a machine whose rule says `merged` gets its address from the router, and netspec's file with it.

use super::{archiso, specs, uefi};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::error::Error;
use crate::firmware::{BootFrom, Firmware};
use crate::lab::{RouterKind, SERVER, hex_mac};
use crate::media::Layout;
use crate::qemu::{Hardware, PC_MAC};
use crate::script::{ARCHISO, Step, choose, menu};
use crate::subject::Subject;
use crate::subject::seed::ARCHISO_ENTRY;

pub(super) const CASES: &[Case] = &[Case {
    name: "merged_offer_boots_ovmf_beside_dnsmasq",
    proves: "UEFI takes the router's address and netspec's file from one offer, although the router offers one without a file",
    run: boots,
}];

/// The port of PXE boot servers.
const BOOT_SERVER: u16 = 4011;

fn boots(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    bench.needs_root("dnsmasq drops to another user")?;
    let image = archiso::image(bench, Layout::Today)?;
    let rule = format!("host \"pc\" {{\n    mac {:?}\n    mode \"merged\"\n}}\n", hex_mac(PC_MAC));
    let spec = format!("{}{rule}", specs::one("arch", &image.iso));
    bench.lan(RouterKind::Dnsmasq)?;
    bench.serve(&spec, &[image])?;
    let hardware = Hardware { firmware: Firmware::ovmf(BootFrom::Pxe), ..Hardware::default() };
    let steps = [menu(&[ARCHISO_ENTRY]), choose(ARCHISO_ENTRY), Step::LogIn(ARCHISO)];
    bench.power_on(hardware, None)?.play(&steps)?;
    archiso::runs_from_the_server(bench)?;
    uefi::booted_as(bench, BootFrom::Pxe)?;
    // With the two offers of the usual way, UEFI would ask there.
    match bench.capture()?.datagrams_to(SERVER, BOOT_SERVER) {
        0 => Ok(()),
        count => Err(Error::new(format!("{count} datagrams went to port {BOOT_SERVER}")).into()),
    }
}
