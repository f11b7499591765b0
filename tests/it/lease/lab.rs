//! Two network namespaces with a cable between them: `lan0` at the server's end, `far0` at the clients'.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::{Ipv4Addr, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use socket2::{Domain, Socket, Type};

use crate::support::{Folder, text, trees};

/// A process that is killed with the value.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The network and the folder of a spec.
pub(crate) struct Lab {
    folder: Folder,
    near: Running,
    far: Running,
}

/// A running `netspec serve`.
pub(crate) struct Server {
    running: Running,
    /// What it said until it was ready.
    pub(crate) said: String,
    /// The file of its journal.
    told: PathBuf,
}

impl Lab {
    /// A network `home` whose block holds `dhcp` besides its subnet.
    pub(crate) fn new(dhcp: &str) -> Self {
        Self::with_rules(dhcp, "")
    }

    /// The same, with further nodes in the spec.
    pub(crate) fn with_rules(dhcp: &str, rules: &str) -> Self {
        let spec = format!(
            "network \"home\" {{\n    subnet \"10.9.0.0/24\"\n    {dhcp}\n}}\niso \"arch\" \"isos/arch.iso\"\n{rules}\n"
        );
        let folder = Folder::with_spec(&spec).iso("arch.iso", "ARCH_202611", &trees::archiso());
        let lab = Self { folder, near: namespace(), far: namespace() };
        let far = lab.far.0.id().to_string();
        lab.near_ok(&["ip", "link", "set", "lo", "up"]);
        lab.near_ok(&["ip", "link", "add", "lan0", "type", "veth", "peer", "name", "far0", "netns", &far]);
        lab.near_ok(&["ip", "address", "add", "10.9.0.1/24", "dev", "lan0"]);
        lab.near_ok(&["ip", "link", "set", "lan0", "up"]);
        lab.far_ok(&["ip", "link", "set", "far0", "up"]);
        lab
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path(name).display().to_string()
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.folder.path(name).exists()
    }

    fn inside(&self, namespace: &Running, command: &[&str]) -> Command {
        let mut nsenter = Command::new("nsenter");
        nsenter.args(["--net", "--target", &namespace.0.id().to_string()]).args(command);
        nsenter.current_dir(self.folder.dir.path());
        nsenter
    }

    fn near_ok(&self, command: &[&str]) {
        let output = self.inside(&self.near, command).output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    }

    pub(crate) fn far(&self, command: &[&str]) -> Output {
        self.inside(&self.far, command).output().unwrap()
    }

    pub(crate) fn far_ok(&self, command: &[&str]) {
        let output = self.far(command);
        assert!(output.status.success(), "{command:?}: {}", text(&output.stderr));
    }

    pub(crate) fn far_start(&self, command: &[&str]) -> Running {
        Running(self.inside(&self.far, command).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    /// Runs a command at the far end until it says `words`, and gives all that it said.
    pub(crate) fn until(&self, command: &[&str], words: &str) -> String {
        let child = self.inside(&self.far, command).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let mut running = Running(child);
        let mut said = String::new();
        for line in BufReader::new(running.0.stderr.take().unwrap()).lines() {
            said += &(line.unwrap() + "\n");
            if said.contains(words) {
                return said;
            }
        }
        panic!("{command:?} never said `{words}`: {said}");
    }

    fn netspec(&self, options: &[&str]) -> Command {
        let serve = [env!("CARGO_BIN_EXE_netspec"), "serve", "spec.kdl", "--state", "state"];
        let mut command = self.inside(&self.near, &[&serve, options].concat());
        command.stdout(File::create(self.folder.path("told")).unwrap()).stderr(Stdio::piped());
        command
    }

    /// Starts netspec, and waits until it is ready.
    pub(crate) fn serve(&self, options: &[&str]) -> Server {
        let mut running = Running(self.netspec(options).spawn().unwrap());
        let mut lines = BufReader::new(running.0.stderr.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains("ready:") {
            said += &(lines.next().unwrap_or_else(|| panic!("it ended: {said}")).unwrap() + "\n");
        }
        Server { running, said, told: self.folder.path("told") }
    }

    /// Starts netspec, which must end with an error, and gives what it said.
    pub(crate) fn fails_to_serve(&self, options: &[&str]) -> String {
        let mut running = Running(self.netspec(options).spawn().unwrap());
        let mut said = String::new();
        running.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(running.0.wait().unwrap().code(), Some(1), "{said}");
        said
    }

    /// Clients at the far end.
    pub(crate) fn client(&self) -> Client {
        let namespace = format!("/proc/{}/ns/net", self.far.0.id());
        // A socket stays in the namespace in which it was made.
        let socket = std::thread::spawn(move || {
            setns(File::open(namespace).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
            let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
            socket.set_reuse_address(true).unwrap();
            socket.set_broadcast(true).unwrap();
            socket.bind_device(Some(b"far0")).unwrap();
            socket.bind(&std::net::SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68).into()).unwrap();
            UdpSocket::from(socket)
        });
        Client { socket: socket.join().unwrap() }
    }
}

impl Server {
    /// Kills it, as the kernel would where memory is short.
    pub(crate) fn kill(mut self) {
        self.running.0.kill().unwrap();
        self.running.0.wait().unwrap();
    }

    /// Stops it, and gives the lines of its journal.
    pub(crate) fn end(mut self) -> String {
        let pid = nix::unistd::Pid::from_raw(self.running.0.id().try_into().unwrap());
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
        assert!(self.running.0.wait().unwrap().success());
        fs::read_to_string(&self.told).unwrap()
    }
}

/// A process that keeps a network namespace.
fn namespace() -> Running {
    let running = Running(Command::new("unshare").args(["--net", "sleep", "600"]).spawn().unwrap());
    let own = fs::read_link("/proc/self/ns/net").unwrap();
    let of = format!("/proc/{}/ns/net", running.0.id());
    let end = Instant::now() + Duration::from_secs(10);
    while fs::read_link(&of).unwrap() == own {
        assert!(Instant::now() < end, "no namespace");
        std::thread::sleep(Duration::from_millis(10));
    }
    running
}

/// Many clients on one cable, told apart by a number.
pub(crate) struct Client {
    socket: UdpSocket,
}

impl Client {
    /// How long an answer may take before the question is sent again.
    const PATIENCE: Duration = Duration::from_millis(1500);
    const ASKS: usize = 4;

    /// The whole way of one client to an address; `None` where nobody answers.
    pub(crate) fn lease(&mut self, number: u8) -> Option<Ipv4Addr> {
        let offer = (0..Self::ASKS).find_map(|_| self.exchange(number, 1, &[]))?;
        assert_eq!(offer[242], 2);
        let address: [u8; 4] = offer[16..20].try_into().unwrap();
        let accept = [&[50, 4][..], &address, &[54, 4, 10, 9, 0, 1]].concat();
        let ack = (0..Self::ASKS).find_map(|_| self.exchange(number, 3, &accept))?;
        assert_eq!((ack[242], &ack[16..20]), (5, &address[..]));
        Some(address.into())
    }

    /// All of these clients at once; after so many leases `then` is called. Gives the leases that clients were told of, also
    /// those that were on their way when `then` was called.
    pub(crate) fn lease_many(&mut self, numbers: &[u8], enough: usize, then: impl FnOnce()) -> BTreeMap<u8, Ipv4Addr> {
        let mut told = BTreeMap::new();
        let mut then = Some(then);
        let end = Instant::now() + Duration::from_secs(20);
        let mut asked = None;
        while then.is_some() && Instant::now() < end {
            if asked.is_none_or(|at: Instant| at.elapsed() > Self::PATIENCE) {
                let waiting = numbers.iter().filter(|number| !told.contains_key(*number));
                waiting.for_each(|number| self.send(*number, 1, &[]));
                asked = Some(Instant::now());
            }
            self.take(&mut told);
            if told.len() >= enough {
                then.take().unwrap()();
            }
        }
        while self.take(&mut told) {}
        told
    }

    /// Takes one answer of any client, and follows it; whether there was one.
    fn take(&mut self, told: &mut BTreeMap<u8, Ipv4Addr>) -> bool {
        let Some(reply) = self.receive(Duration::from_millis(200)) else { return false };
        let (number, address) = (reply[33], <[u8; 4]>::try_from(&reply[16..20]).unwrap());
        match reply[242] {
            2 => self.send(number, 3, &[&[50, 4][..], &address, &[54, 4, 10, 9, 0, 1]].concat()),
            5 => {
                told.insert(number, address.into());
            }
            other => panic!("message type {other}"),
        }
        true
    }

    /// A DHCPDISCOVER as a PXE ROM sends it; gives the answer.
    pub(crate) fn discover_as_firmware(&mut self, number: u8) -> Option<Vec<u8>> {
        (0..Self::ASKS).find_map(|_| self.exchange(number, 1, &firmware(&[])))
    }

    /// A PXE ROM that takes no offer but that of netspec: the offer and the acknowledgement.
    pub(crate) fn lease_as_firmware(&mut self, number: u8) -> Option<(Vec<u8>, Vec<u8>)> {
        let offer = (0..Self::ASKS).find_map(|_| self.exchange_with_us(number, 1, &firmware(&[])))?;
        let accept = [&[50, 4][..], &offer[16..20], &[54, 4, 10, 9, 0, 1]].concat();
        let ack = (0..Self::ASKS).find_map(|_| self.exchange_with_us(number, 3, &firmware(&accept)))?;
        Some((offer, ack))
    }

    fn exchange_with_us(&mut self, number: u8, message: u8, options: &[u8]) -> Option<Vec<u8>> {
        let is_ours = |reply: &Vec<u8>| reply[243..249] == [54, 4, 10, 9, 0, 1];
        let first = self.exchange(number, message, options)?;
        if is_ours(&first) { Some(first) } else { self.receive(Self::PATIENCE).filter(is_ours) }
    }

    fn exchange(&mut self, number: u8, message: u8, options: &[u8]) -> Option<Vec<u8>> {
        self.send(number, message, options);
        let end = Instant::now() + Self::PATIENCE;
        while let Some(left) = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            let reply = self.receive(left)?;
            // Late answers to others are not for this one.
            if reply[33] == number && (reply[242] == 2) == (message == 1) {
                return Some(reply);
            }
        }
        None
    }

    fn send(&self, number: u8, message: u8, options: &[u8]) {
        let mut bytes = vec![1, 1, 6, 0, 7, 7, 7, number, 0, 0, 0x80, 0];
        bytes.resize(28, 0);
        bytes.extend_from_slice(&[2, 0, 0, 0, 0, number]);
        bytes.resize(236, 0);
        bytes.extend_from_slice(&[99, 130, 83, 99, 53, 1, message]);
        bytes.extend_from_slice(options);
        bytes.push(255);
        self.socket.send_to(&bytes, "255.255.255.255:67").unwrap();
    }

    fn receive(&self, within: Duration) -> Option<Vec<u8>> {
        self.socket.set_read_timeout(Some(within)).unwrap();
        let mut bytes = [0; 2048];
        let len = self.socket.recv(&mut bytes).ok()?;
        Some(bytes[..len].to_vec())
    }
}

/// What a PXE ROM says of itself, and more.
fn firmware(further: &[u8]) -> Vec<u8> {
    [&[93, 2, 0, 0, 60, 32][..], b"PXEClient:Arch:00000:UNDI:002001", further].concat()
}
