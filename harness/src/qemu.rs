//! An emulated PC: QEMU with a firmware, a network card, a serial console and no disk.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::console::Console;
use crate::deadline::Accel;
use crate::error::{Context, Error, Result};
use crate::firmware::flash::Flash;
use crate::firmware::{Age, Cpu, Firmware, Rom};
use crate::lab::process::{Launch, Process};
use crate::lab::{Cable, hex_mac};
use crate::qmp::Qmp;

/// The hardware address of the PC; it differs from those of the hosts on the LAN.
pub const PC_MAC: [u8; 6] = [0x52, 0x54, 0, 0xaa, 0xbb, 0xcc];

/// How long QEMU may take to open its sockets.
const START: Duration = Duration::from_secs(20);

/// A network card that QEMU emulates and has a boot ROM for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nic {
    /// Paravirtual; the fastest.
    Virtio,
    /// Intel 82540EM.
    E1000,
    /// Intel 82574L, of the PCI Express age.
    E1000e,
    /// Realtek 8139, the cheap card of the nineties.
    Rtl8139,
}

impl Nic {
    /// What QEMU calls it.
    pub fn device(self) -> &'static str {
        match self {
            Self::Virtio => "virtio-net-pci",
            Self::E1000 => "e1000",
            Self::E1000e => "e1000e",
            Self::Rtl8139 => "rtl8139",
        }
    }

    /// The file name of its boot ROM for BIOS and UEFI, in a folder of such ROMs.
    pub fn rom(self) -> &'static str {
        match self {
            Self::Virtio => "efi-virtio.rom",
            Self::E1000 => "efi-e1000.rom",
            Self::E1000e => "efi-e1000e.rom",
            Self::Rtl8139 => "efi-rtl8139.rom",
        }
    }
}

/// What the PC is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hardware {
    /// Memory, in MiB.
    pub memory: u32,
    /// Its network card.
    pub nic: Nic,
    /// What starts it.
    pub firmware: Firmware,
    /// What its firmware calls it (SMBIOS type 1).
    pub identity: Identity,
}

/// How a machine is told from others of its kind; what is not said, QEMU leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Identity {
    /// Its UUID.
    pub uuid: Option<&'static str>,
    /// Its serial number.
    pub serial: Option<&'static str>,
}

impl Identity {
    /// No UUID and no serial number.
    pub const NONE: Self = Self { uuid: None, serial: None };

    /// What QEMU is told.
    fn arguments(self) -> Vec<String> {
        let mut words = vec!["type=1".to_owned()];
        words.extend(self.uuid.map(|uuid| format!("uuid={uuid}")));
        words.extend(self.serial.map(|serial| format!("serial={serial}")));
        if self == Self::NONE { Vec::new() } else { vec!["-smbios".to_owned(), words.join(",")] }
    }
}

impl Default for Hardware {
    fn default() -> Self {
        Self {
            memory: 2048,
            nic: Nic::Virtio,
            firmware: Firmware::SeaBios(Rom::Ipxe(Age::Installed)),
            identity: Identity::NONE,
        }
    }
}

/// The files that a firmware is made of, as far as QEMU does not bring them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parts {
    /// The chips of UEFI.
    pub flash: Option<Flash>,
    /// The boot ROM of the card.
    pub rom: Option<PathBuf>,
}

/// Where QEMU keeps and finds its files.
#[derive(Debug, Clone)]
pub struct Places<'a> {
    /// What the firmware is made of.
    pub parts: &'a Parts,
    /// A folder with a short path, for sockets and for what the firmware remembers.
    pub sockets: &'a Path,
    /// What QEMU itself says.
    pub log: &'a Path,
    /// What the firmware says on its debug port.
    pub firmware: &'a Path,
    /// What the PC says on its serial port.
    pub console: &'a Path,
}

/// A running PC.
pub struct Qemu {
    process: Process,
    qmp: Qmp,
    console: Console,
    /// When the power came on.
    pub since: Instant,
}

impl Qemu {
    /// Switches a PC on.
    pub fn power_on(hardware: Hardware, accel: Accel, cable: &Cable, places: &Places<'_>) -> Result<Self> {
        let (serial, control) = (places.sockets.join("serial"), places.sockets.join("qmp"));
        let nic = format!(
            "dgram,id=lan,local.type=unix,local.path={},remote.type=unix,remote.path={}",
            cable.qemu.display(),
            cable.ours.display(),
        );
        let (parts, firmware) = (places.parts, hardware.firmware);
        let (device, mac, more) = (hardware.nic.device(), hex_mac(PC_MAC), firmware.card(parts.rom.as_deref()));
        let cpu = firmware.cpu();
        // iPXE 2.0.0 for ARM says "No more network devices" where this card is of both its kinds, the old and the modern.
        let kind = if hardware.nic == Nic::Virtio && !cpu.is_pc() { ",disable-legacy=on" } else { "" };
        let card = format!("{device}{kind},netdev=lan,mac={mac}{more}");
        let (emulator, _) = cpu.emulator();
        let mut launch = Launch::new("QEMU", emulator)
            .args(processor(cpu, firmware.age(), accel))
            .args(["-m", &hardware.memory.to_string(), "-no-reboot"])
            .args(hardware.identity.arguments())
            .args(firmware.arguments(parts.flash.as_ref(), places.sockets)?)
            .arg("-netdev")
            .arg(nic)
            .args(["-device", &card])
            .args(["-object", "rng-random,id=entropy,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=entropy"])
            // The PC starts only once somebody listens to its console, so that no byte is lost.
            .args(["-chardev", &format!("socket,id=console,path={},server=on,wait=on", serial.display())])
            .args(["-serial", "chardev:console"])
            .args(["-qmp", &format!("unix:{},server=on,wait=off", control.display())]);
        if cpu.is_pc() {
            launch = launch
                // A PC has a screen. Without a graphics card SeaBIOS would put its text on the serial port, where PXELINUX
                // writes too when its configuration says SERIAL, and each character would come twice.
                .args(["-vga", "std"])
                .args(["-chardev", &format!("file,id=firmware,path={}", places.firmware.display())])
                .args(["-device", "isa-debugcon,iobase=0x402,chardev=firmware"]);
        }
        let mut process = launch.log(places.log).spawn()?;
        let line = connect(&mut process, &serial)?;
        let since = Instant::now();
        let console = Console::new(line, places.console)?;
        let qmp = Qmp::new(connect(&mut process, &control)?)?;
        Ok(Self { process, qmp, console, since })
    }

    /// The serial console.
    pub fn console(&mut self) -> &mut Console {
        &mut self.console
    }

    /// Whether the PC still runs, in words for a failure.
    pub fn condition(&mut self) -> String {
        if let Err(error) = self.process.check_alive() {
            return error.to_string();
        }
        match self.qmp.execute("query-status", &json!({})) {
            Ok(status) => format!("the PC is {}", status["status"].as_str().unwrap_or("in a state without a name")),
            Err(error) => format!("QEMU runs but does not answer ({error})"),
        }
    }

    /// Saves what the PC's own screen shows as a picture (PPM), for boots that end before there is a serial console.
    pub fn photograph(&mut self, file: &Path) -> Result<()> {
        self.qmp.execute("screendump", &json!({ "filename": file })).map(drop)
    }

    /// Pulls the plug.
    pub fn power_off(&mut self) -> Result<()> {
        // QEMU may end before it has answered.
        let _ = self.qmp.execute("quit", &json!({}));
        self.process.stop()
    }
}

/// The arguments that say how the PC runs, which are the same for the probe.
fn processor(cpu: Cpu, age: Age, accel: Accel) -> Vec<String> {
    let accel = cpu.accel(accel);
    let how = match accel {
        Accel::Tcg => ["-accel", "tcg,thread=multi"],
        Accel::Kvm => ["-accel", "kvm"],
    };
    let common = ["-nodefaults", "-smp", "2", "-display", "none"];
    how.iter().chain(&cpu.machine(age, accel)).chain(&common).map(|word| (*word).to_owned()).collect()
}

/// Connects to a socket that QEMU is about to open.
fn connect(process: &mut Process, path: &Path) -> Result<UnixStream> {
    let start = Instant::now();
    loop {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream),
            Err(error) if start.elapsed() > START => return Err(error).context(path.display()),
            Err(_) => process.check_alive()?,
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether KVM really runs a PC here: boots the firmware up to the network card's ROM and looks for its words.
///
/// A readable `/dev/kvm` is no proof. There are machines on which it opens and then dies in the boot ROM.
pub fn probe_kvm(folder: &Path) -> Result<Accel> {
    if !Path::new("/dev/kvm").exists() {
        return Err(Error::new("there is no /dev/kvm"));
    }
    let log: PathBuf = folder.join("kvm-probe.log");
    let mut process = Launch::new("QEMU with KVM", "qemu-system-x86_64")
        .args(processor(Cpu::X64, Age::Installed, Accel::Kvm))
        // Without a graphics card the text of the firmware comes out of the serial port, where it can be read.
        .args(["-machine", "graphics=off"])
        .args(["-m", "128", "-boot", "n", "-no-reboot", "-serial", "stdio"])
        .args(["-netdev", "hubport,id=lan,hubid=0", "-device", "virtio-net-pci,netdev=lan"])
        .log(&log)
        .spawn()?;
    // iPXE names its devices only after its own code has run in both modes of the processor.
    process.wait_for_log(&log, "net0", Duration::from_secs(10))?;
    process.check_alive()?;
    process.stop()?;
    Ok(Accel::Kvm)
}
