//! The stack that a person sets up by hand, after the article of 2014 that netspec grew from: the ISO unpacked into a
//! folder, dnsmasq in front of it as proxyDHCP and TFTP server, and a web server for the root image.

mod uefi;

use std::path::Path;

use super::nginx::Nginx;
use super::{Family, Image, Order, START};
use crate::error::{Context, Error, Result};
use crate::lab::SERVER;
use crate::lab::process::{Launch, Process};

/// Debian's package `pxelinux`.
const LOADER: &str = "/usr/lib/PXELINUX/lpxelinux.0";
/// Debian's package `syslinux-common`.
const MODULES: &str = "/usr/lib/syslinux/modules/bios";

/// The entry of the menus that are written for Debian Live, which netspec calls the same.
pub const DEBIAN_LIVE_ENTRY: &str = "Live system (amd64)";
/// The entry of the menu that UEFI gets for an Arch medium, which netspec calls the same.
pub const ARCHISO_ENTRY: &str = "Arch Linux (x86_64)";

/// What dnsmasq is told about a tree.
struct Recipe {
    /// The network bootstrap program, without the `.0` that dnsmasq adds.
    program: &'static str,
    /// PXELINUX options by number (RFC 5071).
    options: &'static [(u8, &'static str)],
}

fn recipe(family: Family) -> Recipe {
    match family {
        Family::ArchisoToday => Recipe { program: "boot/syslinux/lpxelinux", options: &[(209, "syslinux.cfg")] },
        Family::Archiso2014 => Recipe {
            program: "arch/boot/syslinux/lpxelinux",
            options: &[(209, "boot/syslinux/archiso.cfg"), (210, "/arch/")],
        },
        Family::DebianLive => Recipe { program: "lpxelinux", options: &[] },
    }
}

/// Unpacks the image and starts both servers over it.
pub fn start(order: &Order<'_>) -> Result<Vec<Process>> {
    let [image] = order.images else {
        return Err(Error::new("the stack made by hand serves one image"));
    };
    let root = order.scratch.join("tree");
    unpack(image, &root)?;
    if image.family == Family::DebianLive {
        prepare_debian_live(&root)?;
    }
    uefi::prepare(image.family, &root)?;
    let web = Nginx { host: order.host, scratch: order.scratch, log: order.log };
    let mut web = web.start(&format!("server {{\n    listen {SERVER}:80;\n    root {};\n}}\n", root.display()))?;
    let mut dnsmasq = dnsmasq(order, &root, &recipe(image.family))?;
    web.check_alive()?;
    dnsmasq.check_alive()?;
    Ok(vec![dnsmasq, web])
}

fn unpack(image: &Image, root: &Path) -> Result<()> {
    Launch::new("xorriso", "xorriso")
        .args(["-osirrox", "on", "-indev"])
        .arg(&image.iso)
        .args(["-extract", "/"])
        .arg(root)
        .output()?;
    // The folders of an ISO are read-only, which would keep us from adding to them and from clearing up.
    Launch::new("chmod", "chmod").args(["-R", "u+rwX,go+rX"]).arg(root).output().map(drop)
}

/// Adds PXELINUX and a configuration, as the manual page of live-boot describes it.
fn prepare_debian_live(root: &Path) -> Result<()> {
    std::fs::copy(LOADER, root.join("lpxelinux.0")).context(LOADER)?;
    for module in ["ldlinux.c32", "libutil.c32", "menu.c32"] {
        let from = Path::new(MODULES).join(module);
        std::fs::copy(&from, root.join(module)).context(from.display())?;
    }
    let live = root.join("live");
    let (kernel, initrd) = (one_file(&live, "vmlinuz")?, one_file(&live, "initrd")?);
    let folder = root.join("pxelinux.cfg");
    std::fs::create_dir_all(&folder).context(folder.display())?;
    let base = format!("http://{SERVER}/live");
    let text = format!(
        "SERIAL 0 115200\nUI menu.c32\nMENU TITLE Network boot\n\
         LABEL live\nMENU LABEL {DEBIAN_LIVE_ENTRY}\nLINUX {base}/{kernel}\nINITRD {base}/{initrd}\n\
         APPEND boot=live components quiet splash fetch={base}/filesystem.squashfs console=ttyS0,115200\nSYSAPPEND 3\n"
    );
    let file = folder.join("default");
    std::fs::write(&file, text).context(file.display())
}

/// The first name in the folder that starts like this. live-build adds the kernel's version to the names.
fn one_file(folder: &Path, start: &str) -> Result<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .context(folder.display())?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with(start))
        .collect();
    names.sort();
    names.into_iter().next().ok_or_else(|| Error::new(format!("no `{start}` in {}", folder.display())))
}

fn dnsmasq(order: &Order<'_>, root: &Path, recipe: &Recipe) -> Result<Process> {
    let mut launch = Launch::new("dnsmasq as proxy", "dnsmasq")
        .args(["--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file="])
        .args(["--interface=eth0", "--log-dhcp", "--log-facility=-", "--dhcp-leasefile=/dev/null"])
        .arg(format!("--dhcp-range={SERVER},proxy"))
        .args(["--enable-tftp", &format!("--tftp-root={}", root.display())])
        .arg(format!("--pxe-service=x86PC,Network boot,{}", recipe.program))
        .args(uefi::dnsmasq());
    for (number, value) in recipe.options {
        // As a proxy, dnsmasq drops these options at top level even when forced; inside option 43 it sends them, and
        // PXELINUX looks there too.
        launch = launch.arg(format!("--dhcp-option=vendor:PXEClient,{number},{value}"));
    }
    let mut process = launch.inside(order.host.id()).log(order.log).spawn()?;
    process.wait_for_log(order.log, "DHCP, proxy", START)?;
    Ok(process)
}
