//! One boot of the matrix: what is put up, what is done at the PC, and what proves that it booted as the row says.

use std::time::{Duration, Instant};

use super::rows::{Loader, Row};
use super::{Cell, Column};
use crate::bench::Bench;
use crate::case::{Stop, Verdict};
use crate::cases::{archiso, debian_live, secure_boot, specs};
use crate::error::{Error, Result};
use crate::firmware::{self, BootFrom, Cpu, Firmware, Rom, Uefi};
use crate::lab::router::Siaddr;
use crate::lab::{RouterKind, SERVER};
use crate::media::{Layout, small};
use crate::qemu::{Hardware, PC_MAC};
use crate::script::{ARCHISO, DEBIAN_LIVE, SMALL, Step, choose, menu};
use crate::subject::seed::{ARCHISO_ENTRY, DEBIAN_LIVE_ENTRY};
use crate::subject::{Image, Subject};

/// The port of TFTP requests.
const TFTP: u16 = 69;

/// How long a firmware may take to ask three times.
const ASKS: Duration = Duration::from_secs(120);

/// The entry of the small system.
const SMALL_ENTRY: &str = "Small system";

/// Boots from power-on to a shell.
pub(super) fn boot(bench: &mut Bench, cell: Cell) -> Verdict {
    if let Loader::Nowhere(reason) = cell.row.loader {
        return Err(Stop::Skipped(reason.to_owned()));
    }
    power_on(bench, cell)?;
    bench.guest()?.play(&steps(cell))?;
    started_by(bench, cell)?;
    Ok(is_the_system(bench, cell.column, cell.row.hardware.firmware.cpu())?)
}

/// Boots as far as the first menu; where there is no boot program for the firmware, until it has asked for one.
pub fn to_the_menu(bench: &mut Bench, cell: Cell) -> Verdict {
    power_on(bench, cell)?;
    if matches!(cell.row.loader, Loader::Nowhere(_)) {
        return Ok(has_asked(bench)?);
    }
    let steps = steps(cell);
    Ok(bench.guest()?.play(steps.get(..1).unwrap_or_default())?)
}

fn power_on(bench: &mut Bench, cell: Cell) -> Verdict {
    bench.only(Subject::Netspec)?;
    // What a PC is made of is looked for before anything is fetched or put up for it.
    firmware::parts(cell.row.hardware, bench.cache())?;
    let loader = loader(cell.row, bench)?;
    let (spec, images) = served(bench, cell)?;
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&(spec + &loader), &images)?;
    bench.power_on(hardware(cell), None)?;
    Ok(())
}

/// Waits for the third DHCP packet of the PC, which shows that it repeats its question.
fn has_asked(bench: &Bench) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < ASKS {
        if bench.capture()?.datagrams_from(PC_MAC, 68) >= 3 {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    Err(Error::new("the firmware never asked for an address three times"))
}

/// What the spec says about the boot program.
fn loader(row: &Row, bench: &Bench) -> std::result::Result<String, Stop> {
    match row.loader {
        Loader::Found | Loader::Nowhere(_) => Ok(String::new()),
        Loader::Signed => secure_boot::loaders(bench),
        Loader::Newest { kind, file } => {
            let path = firmware::newest("ipxe", bench.cache())?.join(file);
            Ok(format!("loader {kind:?} {:?}\n", path.display().to_string()))
        }
    }
}

fn served(bench: &Bench, cell: Cell) -> std::result::Result<(String, Vec<Image>), Stop> {
    match cell.column {
        Column::Archiso => {
            let image = archiso::image(bench, Layout::Today)?;
            Ok((specs::one("arch", &image.iso), vec![image]))
        }
        Column::DebianLive => {
            let image = debian_live::image(bench)?;
            Ok((specs::one("debian", &image.iso), vec![image]))
        }
        Column::KernelLine => {
            let cpu = cell.row.hardware.firmware.cpu();
            let iso = bench.small(cpu)?;
            let arguments = format!("console={}", console(cpu));
            let spec = specs::by_hand(SMALL_ENTRY, &iso, [small::KERNEL, small::INITRD, &arguments]);
            // Only netspec boots these, and it goes by its spec.
            Ok((spec, Vec::new()))
        }
    }
}

/// The first serial port of the board, as Linux calls it.
fn console(cpu: Cpu) -> &'static str {
    match cpu {
        Cpu::X64 | Cpu::Ia32 => "ttyS0,115200",
        Cpu::Arm64 => "ttyAMA0",
        Cpu::RiscV64 => "ttyS0",
    }
}

fn hardware(cell: Cell) -> Hardware {
    let memory = match cell.column {
        Column::DebianLive => debian_live::HARDWARE.memory,
        _ => cell.row.hardware.memory,
    };
    Hardware { memory, ..cell.row.hardware }
}

fn steps(cell: Cell) -> Vec<Step> {
    let is_bios = matches!(cell.row.hardware.firmware, Firmware::SeaBios(_));
    let is_secure = matches!(cell.row.hardware.firmware, Firmware::SecureBoot(_));
    let archiso_entry = if is_secure { secure_boot::ARCHISO_TITLE } else { ARCHISO_ENTRY };
    match cell.column {
        // A BIOS shows the menu that the medium brings, UEFI one of netspec's.
        Column::Archiso if is_bios => archiso::steps_to_login(Layout::Today).to_vec(),
        Column::Archiso => vec![menu(&[archiso_entry]), choose(archiso_entry), Step::LogIn(ARCHISO)],
        Column::DebianLive => vec![menu(&[DEBIAN_LIVE_ENTRY]), choose(DEBIAN_LIVE_ENTRY), Step::LogIn(DEBIAN_LIVE)],
        Column::KernelLine => vec![menu(&[SMALL_ENTRY]), choose(SMALL_ENTRY), Step::LogIn(SMALL)],
    }
}

/// Proves from inside the system which firmware started it, and from the cable how.
fn started_by(bench: &mut Bench, Cell { row, column }: Cell) -> Result<()> {
    let capture = bench.capture()?;
    let by_tftp = capture.datagrams_to(SERVER, TFTP) > 0;
    let requests = capture.http_requests();
    let by_http = requests.iter().any(|request| request.starts_with("GET ") && request.ends_with(".efi"));
    let (test, is_so) = match row.hardware.firmware {
        Firmware::SeaBios(Rom::Ipxe(_)) => ("! test -d /sys/firmware/efi", !by_http),
        Firmware::SeaBios(Rom::Unnamed) => ("! test -d /sys/firmware/efi", by_tftp && !by_http),
        Firmware::Uefi(Uefi { from, .. }) | Firmware::SecureBoot(from) => {
            let is_so = match from {
                BootFrom::Pxe => by_tftp && !by_http,
                BootFrom::Http => by_http && !by_tftp,
                BootFrom::CardRom => !by_tftp && !by_http,
            };
            ("test -d /sys/firmware/efi", is_so)
        }
    };
    bench.guest()?.shell(test)?;
    if matches!(row.hardware.firmware, Firmware::SecureBoot(_)) {
        let root = if column == Column::DebianLive { "sudo " } else { "" };
        let said = bench.guest()?.shell(&format!("{root}{}", secure_boot::LOG))?;
        archiso::expect("the kernel's log", &said, "Secure boot enabled")?;
        secure_boot::came_over_shim(bench)?;
    }
    if is_so {
        return Ok(());
    }
    let asked = if by_tftp { "asked" } else { "never asked" };
    Err(Error::new(format!(
        "it was to boot by {}, but it {asked} for a file by TFTP, and by HTTP for {requests:?}",
        row.boot
    )))
}

/// Proves from inside that it is the system of the column, and that it came from the server.
fn is_the_system(bench: &mut Bench, column: Column, cpu: Cpu) -> Result<()> {
    match column {
        Column::Archiso => archiso::runs_from_the_server(bench),
        Column::DebianLive => {
            let line = bench.guest()?.shell("cat /proc/cmdline")?;
            archiso::expect("/proc/cmdline", &line, &format!("fetch=http://{SERVER}"))?;
            archiso::came_from_the_server(bench, "filesystem.squashfs")
        }
        Column::KernelLine => {
            let guest = bench.guest()?;
            let machine = guest.shell("uname -m")?;
            archiso::expect("the kernel", &machine, cpu.linux())?;
            let line = guest.shell("cat /proc/cmdline")?;
            archiso::expect("/proc/cmdline", &line, &format!("console={}", console(cpu)))?;
            archiso::came_from_the_server(bench, small::KERNEL)
        }
    }
}
