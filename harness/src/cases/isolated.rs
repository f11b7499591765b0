//! A LAN without any DHCP server: the server under test gives out the addresses too.

use std::net::Ipv4Addr;

use super::archiso::{self, entries};
use super::coexistence::ask_for_lease;
use super::{specs, uefi};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::error::Error;
use crate::firmware::{BootFrom, Firmware};
use crate::lab::SERVER;
use crate::media::Layout;
use crate::qemu::Hardware;
use crate::script::{ARCHISO, Step, choose, menu};
use crate::subject::Subject;
use crate::subject::seed::ARCHISO_ENTRY;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "isolated_lan_gives_an_ordinary_client_its_address",
        proves: "without another DHCP server, a client that does not want to boot gets its address from netspec",
        run: ordinary_client,
    },
    Case {
        name: "isolated_lan_boots_seabios_to_login",
        proves: "without another DHCP server, a BIOS PC gets address and boot file in one offer and comes to the login prompt",
        run: |bench| {
            let steps = [menu(entries(Layout::Today)), choose("(x86_64, HTTP)"), Step::LogIn(ARCHISO)];
            boots(bench, Hardware::default(), &steps)
        },
    },
    Case {
        name: "isolated_lan_boots_ovmf_pxe_to_login",
        proves: "without another DHCP server, UEFI's PXE boots from the one offer, with nothing asked on port 4011",
        run: |bench| {
            boots_uefi(bench, BootFrom::Pxe)?;
            match bench.capture()?.datagrams_to(SERVER, BOOT_SERVER) {
                0 => Ok(()),
                count => Err(Error::new(format!("{count} datagrams went to port {BOOT_SERVER}")).into()),
            }
        },
    },
    Case {
        name: "isolated_lan_boots_ovmf_http_to_login",
        proves: "without another DHCP server, UEFI HTTP Boot gets address and URL in one offer",
        run: |bench| boots_uefi(bench, BootFrom::Http),
    },
];

/// The port of DHCP servers.
const DHCP: u16 = 67;
/// The port of PXE boot servers.
const BOOT_SERVER: u16 = 4011;

fn ordinary_client(bench: &mut Bench) -> Verdict {
    let image = archiso::image(bench, Layout::Today)?;
    bench.only(Subject::Netspec)?;
    bench.isolated_lan()?;
    bench.serve(&specs::isolated("arch", &image.iso), &[image])?;
    let script = bench.evidence().file("udhcpc-script");
    let client = bench.add_client()?.id();
    let said = ask_for_lease(client, &script)?;
    let address = said.lines().find_map(|line| line.strip_prefix("bound ")).map(str::trim);
    let address = address.and_then(|address| address.parse::<Ipv4Addr>().ok());
    match address.map(|address| address.octets()) {
        Some([10, 77, 0, 100..=199]) => Ok(()),
        _ => Err(Error::new(format!("the client got no address of the range: {said}")).into()),
    }
}

fn boots_uefi(bench: &mut Bench, from: BootFrom) -> Verdict {
    let hardware = Hardware { firmware: Firmware::ovmf(from), ..Hardware::default() };
    boots(bench, hardware, &[menu(&[ARCHISO_ENTRY]), choose(ARCHISO_ENTRY), Step::LogIn(ARCHISO)])?;
    Ok(uefi::booted_as(bench, from)?)
}

fn boots(bench: &mut Bench, hardware: Hardware, steps: &[Step]) -> Verdict {
    bench.only(Subject::Netspec)?;
    let image = archiso::image(bench, Layout::Today)?;
    bench.isolated_lan()?;
    let server = bench.serve(&specs::isolated("arch", &image.iso), &[image])?;
    bench.power_on(hardware, None)?.play(steps)?;
    archiso::runs_from_the_server(bench)?;
    // At least the offer and the acknowledgement, once in the firmware and once in the system.
    match bench.capture()?.datagrams_from(server, DHCP) {
        0..4 => Err(Error::new("the address did not come from the server").into()),
        _ => Ok(()),
    }
}
