//! What starts the PC: SeaBIOS with the boot ROM of the card, or UEFI with drivers of its own.

use std::path::{Path, PathBuf};

use crate::error::{Context, Error, Result};

/// Debian's package `ovmf`, whose releases differ in the size of the flash chip: the program, and empty variables.
const OVMF: [(&str, &str); 2] = [
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
];

/// The firmware of a PC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Firmware {
    /// A legacy BIOS, which starts the boot ROM of the network card.
    SeaBios,
    /// UEFI without Secure Boot, which boots from the network by itself.
    Ovmf(BootFrom),
}

/// How UEFI boots from the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootFrom {
    /// PXE: DHCP, then TFTP.
    Pxe,
    /// UEFI HTTP Boot: DHCP that names a URL.
    Http,
}

impl Firmware {
    /// What QEMU is told, the network card apart; the variables of UEFI are kept in `folder`.
    pub fn arguments(self, folder: &Path) -> Result<Vec<String>> {
        match self {
            Self::SeaBios => Ok(["-boot", "n"].map(str::to_owned).to_vec()),
            Self::Ovmf(from) => ovmf(from, folder),
        }
    }

    /// What is added to the network card.
    pub fn card(self) -> &'static str {
        match self {
            Self::SeaBios => "",
            // With its boot ROM the card would bring iPXE as its UEFI driver, and that would boot in place of UEFI.
            Self::Ovmf(_) => ",romfile=,bootindex=0",
        }
    }
}

fn ovmf(from: BootFrom, folder: &Path) -> Result<Vec<String>> {
    let (code, vars) = OVMF
        .iter()
        .find(|(code, vars)| Path::new(code).is_file() && Path::new(vars).is_file())
        .ok_or_else(|| Error::new(format!("there is no {}; Debian's package ovmf has it", OVMF[0].0)))?;
    let own: PathBuf = folder.join("uefi-variables");
    std::fs::copy(vars, &own).context(vars)?;
    // Left alone, UEFI tries PXE and then HTTP Boot, each over IPv4 first (edk2's OvmfPkg/RUNTIME_CONFIG.md).
    let pxe = if from == BootFrom::Pxe { "yes" } else { "no" };
    Ok(vec![
        "-drive".to_owned(),
        format!("if=pflash,unit=0,format=raw,readonly=on,file={code}"),
        "-drive".to_owned(),
        format!("if=pflash,unit=1,format=raw,file={}", own.display()),
        "-fw_cfg".to_owned(),
        format!("name=opt/org.tianocore/IPv4PXESupport,string={pxe}"),
        "-fw_cfg".to_owned(),
        "name=opt/org.tianocore/IPv6PXESupport,string=no".to_owned(),
    ])
}
