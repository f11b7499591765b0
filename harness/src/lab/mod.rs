//! A LAN of its own for each case: a switch with a router, a server, a PC and perhaps an ordinary client on it.
//!
//! Every host is a network namespace with one interface, `eth0`, that hangs on the bridge of one more namespace. The
//! network is 10.77.0.0/24. Nothing outside can be reached from it, and it ends with the harness.

mod advertise;
pub mod dhcp;
pub mod disguise;
pub mod frame;
pub mod loss;
pub mod netns;
pub mod pcap;
pub mod process;
pub mod router;
pub mod wire;

use std::io::Write;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Context, Result};
use loss::LossRule;
use netns::Namespace;
use process::{Launch, Process};
use router::Siaddr;

/// The name of the one interface of every host.
const INTERFACE: &str = "eth0";

/// The router's address.
pub const ROUTER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The address of the server under test.
pub const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);
/// The address of a second boot server.
pub const RIVAL: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 3);
/// The address of a web server that hands out files for the server under test.
pub const ORIGIN: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 4);
/// The first address that the router hands out.
pub const POOL: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 100);

/// The line by which a helper process tells that it is at work.
pub const READY: &str = "ready";

/// How long a helper process may take to say so, also on a busy machine.
const START: Duration = Duration::from_secs(15);

/// Tells the harness that started this process that it is at work.
fn announce() -> Result<()> {
    say(READY)
}

/// Writes a line to the log of this helper process.
fn say(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).context("writing to the log")
}

/// Which DHCP server plays the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouterKind {
    /// The one of [`router`].
    BuiltIn(Siaddr),
    /// The same, and it gives clients something of its own.
    Meddling(Meddling),
    /// dnsmasq, which runs in most real home routers; it needs real root.
    Dnsmasq,
}

/// What a DHCP server gives to clients that boot, although it serves no files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meddling {
    /// The vendor class `PXEClient`.
    PxeClass,
    /// A boot file name.
    FileName,
    /// No address, but the class and a boot file name: it is a second boot server.
    Proxy,
}

impl Meddling {
    /// What it adds to the arguments of `internal router`.
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::PxeClass => &["--class", "PXEClient"],
            Self::FileName => &["--file", "theirs.0"],
            Self::Proxy => &["--proxy", "--class", "PXEClient", "--file", "theirs.0"],
        }
    }
}

/// A machine on the LAN.
#[derive(Debug)]
pub struct Host {
    namespace: Namespace,
    /// The hardware address of its interface.
    pub mac: [u8; 6],
}

impl Host {
    /// What to add to a [`Launch`] so that it runs on this machine.
    pub fn id(&self) -> u32 {
        self.namespace.id()
    }

    /// Gives it a further interface that leads nowhere, with an address and the length of its prefix.
    pub fn link(&self, name: &str, address: &str) -> Result<()> {
        self.namespace.ip(&[
            format!("link add {name} type veth peer name nowhere"),
            format!("addr add {address} brd + dev {name}"),
            "link set nowhere up".to_owned(),
            format!("link set {name} up"),
        ])
    }

    /// Takes the machine off the LAN.
    pub fn remove(self) -> Result<()> {
        self.namespace.remove()
    }

    /// Records everything that passes its interface.
    pub fn capture(&self, pcap: &Path, log: &Path) -> Result<Process> {
        let launch = Launch::internal("capture", "capture")?.args(["--interface", "eth0", "--pcap"]).arg(pcap);
        let mut process = launch.inside(self.id()).log(log).spawn()?;
        process.wait_for_log(log, READY, START)?;
        Ok(process)
    }
}

/// The cable of the PC: two sockets, and the process between them and the switch.
#[derive(Debug)]
pub struct Cable {
    /// The socket on which QEMU listens.
    pub qemu: PathBuf,
    /// The socket to which QEMU sends.
    pub ours: PathBuf,
    /// The process that carries the frames.
    pub process: Process,
}

/// What the cable does to the frames that it carries.
#[derive(Debug, Clone, Default)]
pub struct Interference {
    /// Which frames to the PC are lost.
    pub lose: Option<LossRule>,
    /// Whether the PC's iPXE loses its name ([`disguise`]).
    pub disguise: bool,
}

/// The switch and what hangs on it.
#[derive(Debug)]
pub struct Lab {
    switch: Namespace,
    hosts: u8,
}

impl Lab {
    /// A switch with nothing on it.
    pub fn new() -> Result<Self> {
        let switch = Namespace::new("switch")?;
        switch.ip(&[
            // A bridge that waits before it forwards would eat the first DHCP packets of the PC.
            "link add br0 type bridge forward_delay 0 stp_state 0".to_owned(),
            "link set br0 addrgenmode none".to_owned(),
            "link set br0 up".to_owned(),
        ])?;
        Ok(Self { switch, hosts: 0 })
    }

    /// Takes the switch away, when nothing hangs on it any more.
    pub fn remove(self) -> Result<()> {
        self.switch.remove()
    }

    /// Puts a machine on the LAN; without an address it has to ask for one.
    pub fn host(&mut self, name: &str, address: Option<Ipv4Addr>) -> Result<Host> {
        let namespace = Namespace::new(name)?;
        self.hosts += 1;
        let mac = [0x52, 0x54, 0, 0x77, 0, self.hosts];
        let port = format!("port{}", self.hosts);
        self.switch.ip(&[
            format!("link add {port} type veth peer name eth0 netns {}", namespace.id()),
            format!("link set {port} addrgenmode none"),
            format!("link set {port} master br0 up"),
        ])?;
        let mut lines = vec!["link set lo up".to_owned(), format!("link set eth0 address {} up", hex_mac(mac))];
        if let Some(address) = address {
            lines.push(format!("addr add {address}/24 brd + dev eth0"));
            // A default route is what lets an unbound socket send to 255.255.255.255.
            lines.push(match address == ROUTER {
                true => "route add default dev eth0".to_owned(),
                false => format!("route add default via {ROUTER}"),
            });
        }
        namespace.ip(&lines)?;
        let host = Host { namespace, mac };
        // With offloading on, the kernel hands over frames without checksums and longer than the wire allows, trusting
        // a network card to finish them; there is none between a veth and the PC.
        let quiet = ["-K", "eth0", "tx", "off", "tso", "off", "gso", "off", "sg", "off"];
        Launch::new("ethtool", "ethtool").args(quiet).inside(host.id()).output()?;
        Ok(host)
    }

    /// Lays the cable to the PC. The sockets go into `sockets`, whose path must be short (`sun_path` has 108 bytes).
    pub fn cable(&self, sockets: &Path, pcap: &Path, log: &Path, does: Interference) -> Result<Cable> {
        self.switch.ip(&[
            "link add portpc type veth peer name pc".to_owned(),
            "link set portpc addrgenmode none".to_owned(),
            "link set pc addrgenmode none up".to_owned(),
            "link set portpc master br0 up".to_owned(),
        ])?;
        let (qemu, ours) = (sockets.join("nic-qemu"), sockets.join("nic-lan"));
        let mut launch = Launch::internal("wire", "wire")?.args(["--interface", "pc", "--listen"]).arg(&ours);
        launch = launch.arg("--peer").arg(&qemu).arg("--pcap").arg(pcap);
        if let Some(rule) = does.lose {
            launch = launch.args(["--lose", &rule.to_string()]);
        }
        if does.disguise {
            launch = launch.arg("--disguise");
        }
        let mut process = launch.inside(self.switch.id()).log(log).spawn()?;
        process.wait_for_log(log, READY, START)?;
        Ok(Cable { qemu, ours, process })
    }

    /// Starts the router's DHCP server on a host that has the address [`ROUTER`].
    pub fn start_router(&self, host: &Host, kind: RouterKind, folder: &Path, log: &Path) -> Result<Process> {
        let (launch, ready) = match kind {
            RouterKind::BuiltIn(siaddr) => (built_in("router", ROUTER, siaddr, &[])?, READY),
            RouterKind::Meddling(how) => (built_in("router", ROUTER, Siaddr::Zero, how.arguments())?, READY),
            RouterKind::Dnsmasq => {
                let leases = folder.join("dnsmasq.leases");
                let launch = Launch::new("dnsmasq as router", "dnsmasq")
                    .args(["--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file="])
                    .args(["--interface=eth0", "--log-dhcp", "--log-facility=-", "--dhcp-authoritative"])
                    .arg(format!("--dhcp-range={POOL},10.77.0.199,255.255.255.0,1h"))
                    .arg(format!("--dhcp-option=option:router,{ROUTER}"))
                    .arg(format!("--dhcp-leasefile={}", leases.display()));
                (launch, "DHCP, IP range")
            }
        };
        let mut process = launch.inside(host.id()).log(log).spawn()?;
        process.wait_for_log(log, ready, START)?;
        Ok(process)
    }
}

/// Starts a second boot server on a host that has the address [`RIVAL`].
pub fn start_rival(host: &Host, log: &Path) -> Result<Process> {
    let launch = built_in("rival", RIVAL, Siaddr::Own, Meddling::Proxy.arguments())?;
    let mut process = launch.inside(host.id()).log(log).spawn()?;
    process.wait_for_log(log, READY, START)?;
    Ok(process)
}

/// The DHCP server of [`router`], at an address.
fn built_in(name: &str, address: Ipv4Addr, siaddr: Siaddr, more: &[&str]) -> Result<Launch> {
    let siaddr = if siaddr == Siaddr::Own { "own" } else { "zero" };
    let (address, pool) = (address.to_string(), POOL.to_string());
    let arguments = ["--address", &address, "--pool", &pool, "--siaddr", siaddr];
    Ok(Launch::internal(name, "router")?.args(arguments).args(more))
}

/// An address as `ip` and QEMU take it.
pub fn hex_mac(mac: [u8; 6]) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}
