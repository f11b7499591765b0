//! Answers: an installer that asks nobody.

use std::path::PathBuf;
use std::time::Duration;

use super::specs;
use crate::bench::Bench;
use crate::case::{Case, Stop, Verdict};
use crate::error::Error;
use crate::firmware::{Age, BootFrom, Firmware, Rom};
use crate::lab::RouterKind;
use crate::lab::router::Siaddr;
use crate::qemu::{Hardware, PC_MAC};
use crate::script::{choose, menu};
use crate::subject::Subject;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "debian_installer_on_bios_reads_its_own_answers",
        proves: "PXELINUX passes the machine's own URL on, and the installer does what the file for this host says",
        run: |bench| installs(bench, Firmware::SeaBios(Rom::Ipxe(Age::Installed))),
    },
    Case {
        name: "debian_installer_on_uefi_reads_its_own_answers",
        proves: "the same with iPXE on UEFI",
        run: |bench| installs(bench, Firmware::ovmf(BootFrom::Pxe)),
    },
];

/// Where the packages `debian-installer-<release>-netboot-amd64` put Debian's installers.
const INSTALLERS: &str = "/usr/lib/debian-installer/images";
const TITLE: &str = "Install Debian";
/// From the choice in the menu to the first command of the answers: the installer unpacks itself into memory and asks DHCP.
const LIMIT: Duration = Duration::from_secs(420);

fn installs(bench: &mut Bench, firmware: Firmware) -> Verdict {
    bench.only(Subject::Netspec)?;
    let installer = installer()?;
    // The command stands at the beginning of the installation, and what it fetches says that the template was filled in.
    let template = bench.evidence().file("preseed.cfg.j2");
    let text =
        "d-i preseed/early_command string wget -q -O /dev/null {{ origin }}/{{ word }}-{{ host.name }} || true\n";
    std::fs::write(&template, text).map_err(|error| Error::new(format!("{}: {error}", template.display())))?;
    let mac: Vec<String> = PC_MAC.iter().map(|byte| format!("{byte:02x}")).collect();
    let spec = format!(
        "{}answers \"server\" {:?} format=\"preseed\" {{\n    set \"word\" \"answered\"\n}}\n\
         host \"desk\" {{\n    mac {:?}\n}}\n\
         menu \"main\" title=\"Lab netboot\" {{\n    entry \"install\" title={TITLE:?} answers=\"server\" {{\n        \
         kernel \"{installer}/linux\"\n        initrd \"{installer}/initrd.gz\"\n        \
         arguments \"console=ttyS0,115200\" \"locale=en_US\"\n    }}\n}}\n",
        specs::NETWORK,
        template.display().to_string(),
        mac.join(":"),
    );
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&spec, &[])?;
    let guest = bench.power_on(Hardware { memory: 1024, firmware, ..Hardware::default() }, None)?;
    guest.play(&[menu(&[TITLE]), choose(TITLE)])?;
    bench.server_says("/preseed.cfg", LIMIT)?;
    bench.server_says("answered-desk", LIMIT)?;
    Ok(())
}

/// The folder with kernel and initial RAM disk of an installer of this machine.
fn installer() -> Result<String, Stop> {
    let releases = std::fs::read_dir(INSTALLERS).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> =
        releases.map(|release| release.path().join("amd64/text/debian-installer/amd64")).collect();
    folders.retain(|folder| folder.join("linux").is_file() && folder.join("initrd.gz").is_file());
    folders.sort();
    let newest = folders.pop().ok_or_else(|| Stop::Skipped("needs debian-installer-12-netboot-amd64".to_owned()))?;
    Ok(newest.display().to_string())
}
