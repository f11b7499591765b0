//! Measures the time from DHCPDISCOVER to DHCPOFFER at 2,000 DISCOVER/s from 1,000 hardware addresses, netspec beside dnsmasq as
//! proxy, one after the other on the same link.
//!
//! `cargo bench --bench answer_dhcp` prints median, 99th percentile and the ratio, and how busy the machine was. It needs root,
//! since both servers listen on port 67, in a network namespace of their own.
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::error::Error;
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use socket2::{Domain, Socket, Type};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// DISCOVER messages a second, how many hardware addresses they come from, and for how long.
const RATE: u32 = 2000;
const CLIENTS: u32 = 1000;
const ROUND: Duration = Duration::from_secs(5);
/// Rounds of each server, in turns.
const ROUNDS: usize = 3;
/// An answer that takes longer counts as none.
const PATIENCE: Duration = Duration::from_secs(2);
/// The server's address on the link.
const SERVER: &str = "10.1.0.1";

/// Tells the run inside the namespace from the first.
const INSIDE: &str = "NETSPEC_BENCH_IN_NETNS";

fn main() -> Result<()> {
    if std::env::var_os(INSIDE).is_some() {
        return measure();
    }
    let status = Command::new("unshare").arg("--net").arg(std::env::current_exe()?).env(INSIDE, "1").status()?;
    if status.success() { Ok(()) } else { Err("the benchmark needs root".into()) }
}

fn measure() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let link = Link::new()?;
    write_spec(folder.path())?;
    let mut netspec = Server::new("netspec");
    let mut dnsmasq = Server::new("dnsmasq");
    for _ in 0..ROUNDS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netspec"));
        netspec.round(&link, command.args(["serve", "spec.kdl"]).current_dir(folder.path()))?;
        let mut command = Command::new("dnsmasq");
        command.args(["--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--user=root", "--pid-file="]);
        command.args(["--interface=lan0", "--dhcp-range=10.1.0.0,proxy", "--pxe-service=x86PC,Boot,boot"]);
        dnsmasq.round(&link, command.current_dir(folder.path()))?;
    }
    let load = std::fs::read_to_string("/proc/loadavg")?;
    println!("load of the machine: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
    println!("{RATE} DISCOVER/s from {CLIENTS} addresses, {ROUNDS} rounds of {} s each", ROUND.as_secs());
    println!("server    median     p99      without an answer  processor");
    let (ours, theirs) = (netspec.print(), dnsmasq.print());
    println!("netspec / dnsmasq: median {:.2}, p99 {:.2}", ours.0 / theirs.0, ours.1 / theirs.1);
    Ok(())
}

/// A spec with one ISO that boots by hand, so that it needs no distribution.
fn write_spec(folder: &Path) -> Result<()> {
    let tree = folder.join("tree");
    std::fs::create_dir(&tree)?;
    std::fs::write(tree.join("kernel"), "kernel")?;
    let made = Command::new("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-rational-rock", "-o"])
        .args([folder.join("boot.iso"), tree])
        .stderr(Stdio::null())
        .status()?;
    if !made.success() {
        return Err("xorriso failed".into());
    }
    let spec = "network \"lan\" { interface \"lan0\" }\niso \"boot\" \"boot.iso\"\n\
                menu \"main\" { entry \"boot\" iso=\"boot\" { kernel \"/kernel\" } }\n";
    Ok(std::fs::write(folder.join("spec.kdl"), spec)?)
}

/// A cable from `lan0` here to `pc0` on a machine of the clients.
struct Link {
    clients: Child,
    socket: UdpSocket,
}

impl Link {
    fn new() -> Result<Self> {
        let clients = Command::new("unshare").args(["--net", "cat"]).stdin(Stdio::piped()).spawn()?;
        let namespace = format!("/proc/{}/ns/net", clients.id());
        let own = std::fs::read_link("/proc/self/ns/net")?;
        while std::fs::read_link(&namespace)? == own {
            thread::sleep(Duration::from_millis(5));
        }
        let peer = clients.id().to_string();
        ip(&["link", "add", "lan0", "type", "veth", "peer", "name", "pc0", "netns", &peer])?;
        ip(&["addr", "add", &format!("{SERVER}/24"), "dev", "lan0"])?;
        ip(&["link", "set", "lan0", "up"])?;
        let socket = thread::spawn(move || client(&namespace).map_err(|error| error.to_string()));
        let socket = socket.join().map_err(|_| "the client panicked")??;
        Ok(Self { clients, socket })
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.clients.kill();
        let _ = self.clients.wait();
    }
}

fn ip(arguments: &[&str]) -> Result<()> {
    let done = Command::new("ip").args(arguments).status()?;
    if done.success() { Ok(()) } else { Err(format!("ip {arguments:?} failed").into()) }
}

/// The socket of all clients, at their end of the cable.
fn client(namespace: &str) -> Result<UdpSocket> {
    setns(File::open(namespace)?, CloneFlags::CLONE_NEWNET)?;
    ip(&["link", "set", "pc0", "up"])?;
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None)?;
    socket.set_broadcast(true)?;
    socket.set_recv_buffer_size(8 << 20)?;
    socket.bind_device(Some(b"pc0"))?;
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68).into())?;
    socket.set_read_timeout(Some(Duration::from_millis(200)))?;
    Ok(socket.into())
}

/// A server and what was measured of it.
struct Server {
    name: &'static str,
    /// Seconds from question to answer.
    seconds: Vec<f64>,
    unanswered: usize,
    cpu: f64,
}

impl Server {
    fn new(name: &'static str) -> Self {
        Self { name, seconds: Vec::new(), unanswered: 0, cpu: 0.0 }
    }

    /// Starts it, asks until it answers, measures, and ends it.
    fn round(&mut self, link: &Link, command: &mut Command) -> Result<()> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let measured = self.measure(link, &child);
        child.kill()?;
        child.wait()?;
        measured
    }

    fn measure(&mut self, link: &Link, child: &Child) -> Result<()> {
        let until = Instant::now() + Duration::from_secs(30);
        let mut buffer = [0; 2048];
        // The link's carrier takes a while as well.
        while link.socket.send_to(&discover(0), "255.255.255.255:67").is_err() || link.socket.recv(&mut buffer).is_err()
        {
            if Instant::now() > until {
                return Err(format!("{} does not answer", self.name).into());
            }
        }
        while link.socket.recv(&mut buffer).is_ok() {}
        let before = cpu(child)?;
        let count = RATE * u32::try_from(ROUND.as_secs())?;
        let start = Instant::now();
        let asking = link.socket.try_clone()?;
        let asked = thread::spawn(move || ask(&asking, count, start));
        let answered = listen(&link.socket, count, start);
        let asked = asked.join().map_err(|_| "the asking thread panicked")?;
        self.cpu += cpu(child)? - before;
        for (asked, answered) in asked.iter().zip(answered) {
            match answered {
                Some(answered) => self.seconds.push((answered.saturating_sub(*asked)).as_secs_f64()),
                None => self.unanswered += 1,
            }
        }
        Ok(())
    }

    /// Prints its row; the median and the 99th percentile in milliseconds.
    fn print(&mut self) -> (f64, f64) {
        self.seconds.sort_by(f64::total_cmp);
        let at = |part: f64| {
            let index = (self.seconds.len() as f64 * part) as usize;
            self.seconds.get(index).map_or(f64::NAN, |seconds| seconds * 1000.0)
        };
        let (median, p99) = (at(0.5), at(0.99));
        let Self { name, unanswered, cpu, .. } = self;
        println!("{name}   {median:6.3} ms  {p99:6.3} ms  {unanswered:6}             {cpu:.2} s");
        (median, p99)
    }
}

/// Asks at the rate; when each message was sent, from `start`.
fn ask(socket: &UdpSocket, count: u32, start: Instant) -> Vec<Duration> {
    (0..count)
        .map(|number| {
            let due = start + Duration::from_secs(1) * number / RATE;
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let sent = start.elapsed();
            // A message that finds no room is one without an answer.
            let _ = socket.send_to(&discover(number + 1), "255.255.255.255:67");
            sent
        })
        .collect()
}

/// Takes the answers; when each came, from `start`.
fn listen(socket: &UdpSocket, count: u32, start: Instant) -> Vec<Option<Duration>> {
    let mut answered = vec![None; count as usize];
    let mut buffer = [0; 2048];
    let mut left = count;
    while left > 0 && start.elapsed() < ROUND + PATIENCE {
        let Ok(len) = socket.recv(&mut buffer) else { continue };
        let now = start.elapsed();
        let xid = buffer.get(4..8).filter(|_| len >= 240).and_then(|xid| xid.try_into().ok()).map(u32::from_be_bytes);
        let slot = xid.and_then(|xid| answered.get_mut(xid.checked_sub(1)? as usize));
        if let Some(slot @ None) = slot {
            *slot = Some(now);
            left -= 1;
        }
    }
    answered
}

/// A PXE option ROM on legacy BIOS asks, the one of this number in turn.
fn discover(number: u32) -> Vec<u8> {
    let mut bytes = vec![1, 1, 6, 0];
    bytes.extend(number.to_be_bytes());
    bytes.extend([0, 0, 0x80, 0]);
    bytes.resize(28, 0);
    let mac = (number % CLIENTS).to_be_bytes();
    bytes.extend([0x52, 0x54, mac[0], mac[1], mac[2], mac[3]]);
    bytes.resize(236, 0);
    bytes.extend([99, 130, 83, 99, 53, 1, 1]);
    let class = b"PXEClient:Arch:00000:UNDI:002001";
    bytes.extend([60, class.len() as u8]);
    bytes.extend(class);
    bytes.extend([55, 8, 1, 3, 43, 60, 66, 67, 128, 129, 57, 2, 5, 0xc0, 93, 2, 0, 0, 94, 3, 1, 2, 1, 97, 17]);
    bytes.extend(0..17);
    bytes.push(255);
    bytes
}

/// Seconds of processor time of a process so far.
fn cpu(child: &Child) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    let ticks = fields.skip(11).take(2).map(str::parse::<f64>).sum::<std::result::Result<f64, _>>()?;
    Ok(ticks / 100.0)
}
