//! Rules of a spec: real firmware takes the offer in each form that a rule can give it.

use super::{archiso, specs};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::error::Error;
use crate::firmware::{BootFrom, Firmware};
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER};
use crate::media::Layout;
use crate::qemu::Hardware;
use crate::script::menu;
use crate::subject::Subject;
use crate::subject::seed::ARCHISO_ENTRY;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "ovmf_pxe_takes_an_offer_of_mode_pxe10",
        proves: "with option 43 in the offer, UEFI's PXE loads the file at once and asks nothing on port 4011",
        run: |bench| menu_in(bench, "pxe10", false),
    },
    Case {
        name: "ovmf_pxe_takes_two_offers_of_mode_both",
        proves: "of the two offers UEFI's PXE takes the one that needs no port 4011, although it comes second",
        run: |bench| menu_in(bench, "both", false),
    },
    Case {
        name: "ovmf_pxe_follows_the_menu_of_mode_menu",
        proves: "UEFI's PXE takes the one line of the menu and asks the boot server behind it on port 4011",
        run: |bench| menu_in(bench, "menu", true),
    },
];

/// The port of PXE boot servers.
const BOOT_SERVER: u16 = 4011;

fn menu_in(bench: &mut Bench, mode: &str, asks_boot_server: bool) -> Verdict {
    bench.only(Subject::Netspec)?;
    let image = archiso::image(bench, Layout::Today)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    let rule = format!("firmware \"pcs\" {{\n    arch \"uefi-x64\"\n    mode {mode:?}\n}}\n");
    bench.serve(&format!("{}{rule}", specs::one("arch", &image.iso)), &[image])?;
    let hardware = Hardware { firmware: Firmware::ovmf(BootFrom::Pxe), ..Hardware::default() };
    bench.power_on(hardware, None)?.play(&[menu(&[ARCHISO_ENTRY])])?;
    match bench.capture()?.datagrams_to(SERVER, BOOT_SERVER) {
        0 if asks_boot_server => Err(Error::new(format!("nothing was asked on port {BOOT_SERVER}")).into()),
        count if count > 0 && !asks_boot_server => {
            Err(Error::new(format!("{count} datagrams went to port {BOOT_SERVER}")).into())
        }
        _ => Ok(()),
    }
}
