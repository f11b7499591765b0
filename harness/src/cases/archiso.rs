//! Arch media, from the menu that they bring themselves to a shell in the live system.

use std::net::Ipv4Addr;

use super::specs;
use crate::bench::Bench;
use crate::case::{Case, Stop, Verdict};
use crate::error::{Error, Result};
use crate::lab::loss::LossRule;
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER};
use crate::media::Layout;
use crate::qemu::{Hardware, Nic, PC_MAC};
use crate::script::{ARCHISO, Step, choose, menu};
use crate::subject::{Family, Image};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "archiso_menu_appears_with_its_entries",
        proves: "SeaBIOS reaches the menu that today's Arch medium brings, with every entry",
        run: |bench| menu_appears(bench, Setup::usual(Layout::Today)),
    },
    Case {
        name: "archiso_2014_menu_appears_with_its_entries",
        proves: "the same for the layout of 2014, whose names are relative to another folder",
        run: |bench| menu_appears(bench, Setup::usual(Layout::Y2014)),
    },
    Case {
        name: "archiso_menu_appears_on_an_intel_card",
        proves: "the boot does not depend on one card: the ROM of an Intel card reaches the menu too",
        run: |bench| {
            let hardware = Hardware { nic: Nic::E1000, ..Hardware::default() };
            menu_appears(bench, Setup { hardware, ..Setup::usual(Layout::Today) })
        },
    },
    Case {
        name: "archiso_menu_appears_although_frames_are_lost",
        proves: "DHCP and TFTP recover when each 20th datagram to the PC is lost",
        run: |bench| {
            let lose = Some(LossRule::every(20)?);
            menu_appears(bench, Setup { lose, ..Setup::usual(Layout::Today) })
        },
    },
    Case {
        name: "archiso_http_entry_reaches_login",
        // G05, ST-02, IP-01.
        proves: "the HTTP entry of today's medium gets kernel, initramfs and root image from the server",
        run: |bench| reaches_login(bench, Setup::usual(Layout::Today)),
    },
    Case {
        name: "archiso_2014_http_entry_reaches_login",
        proves: "the same for the medium of 2014, the one of the article that netspec grew from",
        run: |bench| reaches_login(bench, Setup::usual(Layout::Y2014)),
    },
    Case {
        name: "archiso_boots_beside_a_router_that_names_itself_as_boot_server",
        proves: "a router with its own address in siaddr does not draw the PC away from the server",
        run: |bench| {
            let router = RouterKind::BuiltIn(Siaddr::Own);
            reaches_login(bench, Setup { router, ..Setup::usual(Layout::Today) })
        },
    },
    Case {
        name: "real_dnsmasq_as_router",
        proves: "the boot works beside dnsmasq, which is the DHCP server of most real home routers",
        run: |bench| {
            bench.needs_root("dnsmasq drops to another user")?;
            reaches_login(bench, Setup { router: RouterKind::Dnsmasq, ..Setup::usual(Layout::Today) })
        },
    },
];

/// What is put up for a boot.
pub(crate) struct Setup {
    layout: Layout,
    router: RouterKind,
    hardware: Hardware,
    lose: Option<LossRule>,
}

impl Setup {
    /// The usual PC beside the built-in router, with nothing lost.
    pub(crate) fn usual(layout: Layout) -> Self {
        Self { layout, router: RouterKind::BuiltIn(Siaddr::Zero), hardware: Hardware::default(), lose: None }
    }
}

/// Entries of the menu over the network, as parts of their labels: those among the seven rows that are shown at first.
pub(crate) fn entries(layout: Layout) -> &'static [&'static str] {
    match layout {
        Layout::Today => &[
            "(x86_64, NBD)",
            "(x86_64, NFS)",
            "(x86_64, HTTP)",
            "Boot existing OS",
            "Run Memtest86+",
            "Hardware",
            "Reboot",
        ],
        Layout::Y2014 => &[
            "(x86_64) (NBD)",
            "(x86_64) (NFS)",
            "(x86_64) (HTTP)",
            "(i686) (NBD)",
            "(i686) (NFS)",
            "(i686) (HTTP)",
            "Boot existing OS",
        ],
    }
}

/// The steps from power-on to a shell.
pub(crate) fn steps_to_login(layout: Layout) -> [Step; 3] {
    let http = match layout {
        Layout::Today => "(x86_64, HTTP)",
        Layout::Y2014 => "(x86_64) (HTTP)",
    };
    [menu(entries(layout)), choose(http), Step::LogIn(ARCHISO)]
}

/// The image, to be served.
pub(crate) fn image(bench: &Bench, layout: Layout) -> std::result::Result<Image, Stop> {
    let family = match layout {
        Layout::Today => Family::ArchisoToday,
        Layout::Y2014 => Family::Archiso2014,
    };
    Ok(Image { iso: bench.isos().archiso(layout)?, family })
}

/// Puts up LAN, router, server and PC.
pub(crate) fn power_on(bench: &mut Bench, setup: Setup) -> Verdict {
    let image = image(bench, setup.layout)?;
    bench.lan(setup.router)?;
    bench.serve(&specs::one("arch", &image.iso), &[image])?;
    bench.power_on(setup.hardware, setup.lose)?;
    Ok(())
}

fn menu_appears(bench: &mut Bench, setup: Setup) -> Verdict {
    let entries = entries(setup.layout);
    power_on(bench, setup)?;
    Ok(bench.guest()?.play(&[menu(entries)])?)
}

fn reaches_login(bench: &mut Bench, setup: Setup) -> Verdict {
    let steps = steps_to_login(setup.layout);
    power_on(bench, setup)?;
    bench.guest()?.play(&steps)?;
    Ok(runs_from_the_server(bench)?)
}

/// Proves from inside the system that it is the medium's, and from the cable that it came from the server.
pub(crate) fn runs_from_the_server(bench: &mut Bench) -> Result<()> {
    runs_from(bench, SERVER, "")
}

/// The same where the files come from the server with this address, at this port and path.
pub(super) fn runs_from(bench: &mut Bench, server: Ipv4Addr, place: &str) -> Result<()> {
    let guest = bench.guest()?;
    let line = guest.shell("cat /proc/cmdline")?;
    expect("/proc/cmdline", &line, " archiso_http_srv=http://")?;
    expect("the web server in /proc/cmdline", &web_server(&line), &format!("http://{server}{place}"))?;
    let mounts = guest.shell("cat /proc/mounts")?;
    expect("/proc/mounts", &mounts, "httpspace")?;
    let root = mounts.lines().find(|line| line.split_whitespace().nth(1) == Some("/"));
    expect("the root file system", root.unwrap_or_default(), "overlay")?;
    expect("/proc/mounts", &mounts, "squashfs")?;
    came_from(bench, server, "airootfs.sfs")
}

/// The value of `archiso_http_srv=` as the initramfs understands it.
///
/// The medium's own entry says `${pxeserver}`, which is the server that PXELINUX wrote into `ip=`.
fn web_server(line: &str) -> String {
    let word = |start: &str| line.split_whitespace().find_map(|word| word.strip_prefix(start)).unwrap_or_default();
    word("archiso_http_srv=").replace("${pxeserver}", word("ip=").split(':').nth(1).unwrap_or_default())
}

/// The image was asked for by HTTP, and all that came over TCP came from the server.
pub(crate) fn came_from_the_server(bench: &Bench, image: &str) -> Result<()> {
    came_from(bench, SERVER, image)
}

fn came_from(bench: &Bench, server: Ipv4Addr, image: &str) -> Result<()> {
    let capture = bench.capture()?;
    let requests = capture.http_requests();
    if !requests.iter().any(|request| request.starts_with("GET ") && request.ends_with(image)) {
        return Err(Error::new(format!("nobody asked for {image}; the requests were {requests:?}")));
    }
    let bytes = capture.tcp_bytes_to(PC_MAC);
    // A root image has at least a megabyte; less would be a page that says why there is none.
    if bytes.get(&server).is_none_or(|bytes| *bytes < 1_000_000) || bytes.len() != 1 {
        return Err(Error::new(format!("the image was to come from {server}, but what came was {bytes:?}")));
    }
    Ok(())
}

/// Fails unless `text` contains `wanted`.
pub(crate) fn expect(what: &str, text: &str, wanted: &str) -> Result<()> {
    if text.contains(wanted) {
        return Ok(());
    }
    Err(Error::new(format!("{what} has no `{wanted}`: {text}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_web_server_is_read_as_the_initramfs_reads_it() {
        let own = "quiet archiso_http_srv=http://${pxeserver}/ ip=10.77.0.100:10.77.0.2:10.77.0.1:255.255.255.0";
        assert_eq!(web_server(own), "http://10.77.0.2/");
        assert_eq!(web_server("archiso_http_srv=http://10.77.0.2/iso/arch/ ip=dhcp"), "http://10.77.0.2/iso/arch/");
        assert_eq!(web_server("quiet"), "");
    }
}
