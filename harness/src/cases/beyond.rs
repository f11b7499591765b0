//! More than one machine: payload on a plain web server, and no netspec at all.

use std::time::Duration;

use super::{archiso, specs};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::firmware::{BootFrom, Firmware};
use crate::lab::router::Siaddr;
use crate::lab::{ORIGIN, RouterKind};
use crate::media::Layout;
use crate::qemu::Hardware;
use crate::script::{ARCHISO, Step, choose, menu};
use crate::subject::seed::ARCHISO_ENTRY;
use crate::subject::{Subject, origin};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "origin_nginx_hands_out_the_payload_of_archiso",
        proves: "with an origin in the spec, netspec does DHCP and TFTP alone, and every byte over TCP comes from nginx",
        run: |bench| {
            let steps = archiso::steps_to_login(Layout::Today);
            from_origin(bench, Hardware::default(), &steps)
        },
    },
    Case {
        name: "origin_nginx_hands_out_ipxe_and_payload_to_ovmf_http_boot",
        proves: "UEFI HTTP Boot gets iPXE from nginx, its menu from netspec over TFTP, and the system from nginx",
        run: |bench| {
            let hardware = Hardware { firmware: Firmware::ovmf(BootFrom::Http), ..Hardware::default() };
            from_origin(bench, hardware, &[menu(&[ARCHISO_ENTRY]), choose(ARCHISO_ENTRY), Step::LogIn(ARCHISO)])
        },
    },
    Case {
        name: "exported_dnsmasq_and_nginx_boot_archiso",
        proves: "what `netspec export` and `netspec build` make boots the medium with dnsmasq and nginx, without netspec",
        run: exported,
    },
];

fn from_origin(bench: &mut Bench, hardware: Hardware, steps: &[Step]) -> Verdict {
    bench.only(Subject::Netspec)?;
    let image = archiso::image(bench, Layout::Today)?;
    let spec = format!("{}server {{ origin {:?} }}\n", specs::one("arch", &image.iso), origin::url());
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.publish(&spec)?;
    bench.serve(&spec, &[image])?;
    bench.server_says("TFTP on port 69 and no HTTP", Duration::from_secs(1))?;
    bench.power_on(hardware, None)?.play(steps)?;
    Ok(archiso::runs_from(bench, ORIGIN, ":8080/boot/")?)
}

fn exported(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    bench.instead(Subject::Exported);
    archiso::power_on(bench, archiso::Setup::usual(Layout::Today))?;
    bench.guest()?.play(&archiso::steps_to_login(Layout::Today))?;
    Ok(archiso::runs_from_the_server(bench)?)
}
