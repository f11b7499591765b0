//! Machines as network namespaces, the netspec command in one of them, and DHCP clients by the byte.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sched::{CloneFlags, setns};
use socket2::{Domain, Socket, Type};

use super::{Folder, text};

/// How long anything may take on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A machine of its own on no network yet. It is gone when this is dropped, with all that runs in it.
pub(crate) struct Machine {
    holder: Child,
    started: Vec<Child>,
}

impl Machine {
    pub(crate) fn new() -> Self {
        // The cat ends with this process, however that ends.
        let command = ["--net", "sh", "-c", "ip link set lo up && echo && exec cat"];
        let mut holder = Command::new("unshare")
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("util-linux is needed");
        let mut ready = [0];
        io::Read::read_exact(holder.stdout.as_mut().unwrap(), &mut ready).unwrap();
        Self { holder, started: Vec::new() }
    }

    /// Connects two machines by a cable.
    pub(crate) fn cable(&self, name: &str, other: &Self, other_name: &str) {
        self.ip(&format!("link add {name} type veth peer name {other_name} netns {}", other.holder.id()));
        self.ip(&format!("link set {name} up"));
        other.ip(&format!("link set {other_name} up"));
    }

    /// Runs `ip` there.
    pub(crate) fn ip(&self, arguments: &str) {
        self.run("ip", &arguments.split(' ').collect::<Vec<_>>());
    }

    /// Runs `ip` there; whether it succeeded.
    pub(crate) fn try_ip(&self, arguments: &str) -> bool {
        self.command("ip").args(arguments.split(' ')).output().unwrap().status.success()
    }

    /// Runs a command there that must succeed; what it printed.
    pub(crate) fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap();
        let printed = text(&output.stdout);
        assert!(output.status.success(), "{program} {arguments:?}: {printed}{}", text(&output.stderr));
        printed
    }

    /// A command that will run there.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.holder.id().to_string(), program]);
        command
    }

    /// Starts a command that runs there to the end, with its log in a file.
    pub(crate) fn start(&mut self, log: &std::path::Path, program: &str, arguments: &[&str]) {
        let file = File::create(log).unwrap();
        let errors = file.try_clone().unwrap();
        let child = self.command(program).args(arguments).stdout(file).stderr(errors).spawn().unwrap();
        self.started.push(child);
    }

    /// Ends what was started last.
    pub(crate) fn stop(&mut self) {
        let mut child = self.started.pop().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// The hardware address of an interface.
    pub(crate) fn mac(&self, device: &str) -> [u8; 6] {
        let said = self.run("ip", &["-o", "link", "show", device]);
        let address = said.split_whitespace().skip_while(|word| *word != "link/ether").nth(1).unwrap();
        let mut bytes = address.split(':').map(|byte| u8::from_str_radix(byte, 16).unwrap());
        std::array::from_fn(|_| bytes.next().unwrap())
    }

    /// Runs `work` on a thread that is on this machine.
    pub(crate) fn on<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        let namespace = File::open(format!("/proc/{}/ns/net", self.holder.id())).unwrap();
        thread::scope(|scope| {
            let there = scope.spawn(|| {
                setns(&namespace, CloneFlags::CLONE_NEWNET).unwrap();
                work()
            });
            there.join().unwrap()
        })
    }

    /// A socket of a client on an interface, at the port of DHCP clients.
    pub(crate) fn client(&self, device: &str) -> Client {
        Client(self.on(|| {
            let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
            socket.set_reuse_address(true).unwrap();
            socket.set_broadcast(true).unwrap();
            socket.bind_device(Some(device.as_bytes())).unwrap();
            socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 68).into()).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
            socket.into()
        }))
    }

    /// Fetches a URL from there.
    pub(crate) fn fetch(&self, url: &str) -> String {
        self.run("curl", &["-sS", "--max-time", "20", url])
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        for child in self.started.iter_mut().rev().chain([&mut self.holder]) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A client of DHCP.
pub(crate) struct Client(UdpSocket);

impl Client {
    /// Asks by broadcast, again and again like a client, until `server` has answered; what it answered.
    pub(crate) fn discover(&self, class: Class, server: Ipv4Addr) -> Reply {
        self.ask(&class.message(1), SocketAddrV4::new(Ipv4Addr::BROADCAST, 67), server)
    }

    /// Asks the boot server of an address.
    pub(crate) fn ask_boot_server(&self, class: Class, server: Ipv4Addr) -> Reply {
        self.ask(&class.message(3), SocketAddrV4::new(server, 4011), server)
    }

    /// Asks until the server with this identifier has answered.
    pub(crate) fn ask(&self, question: &[u8], to: SocketAddrV4, server: Ipv4Addr) -> Reply {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            // A link that is not up yet, or an address that is not there yet, is asked again.
            let _ = self.0.send_to(question, to);
            while let Some(reply) = self.hear() {
                if reply.server() == server {
                    return reply;
                }
            }
        }
        panic!("no answer of {server} in {PATIENCE:?}");
    }

    /// Asks once by broadcast, and waits for the answers.
    pub(crate) fn answers(&self, class: Class) -> Vec<Reply> {
        while self.hear().is_some() {}
        self.0.send_to(&class.message(1), "255.255.255.255:67").unwrap();
        std::iter::from_fn(|| self.hear()).collect()
    }

    fn hear(&self) -> Option<Reply> {
        let mut bytes = [0; 2048];
        let (len, from) = self.0.recv_from(&mut bytes).ok()?;
        let SocketAddr::V4(from) = from else { panic!("{from}") };
        Some(Reply { bytes: bytes[..len].to_vec(), from })
    }
}

/// What asks.
#[derive(Clone, Copy)]
pub(crate) enum Class {
    /// A PXE option ROM on legacy BIOS.
    Bios,
    /// iPXE that can HTTP.
    Ipxe,
}

impl Class {
    /// A message of this type, as bytes.
    pub(crate) fn message(self, kind: u8) -> Vec<u8> {
        let mut bytes = vec![1, 1, 6, 0, 0x12, 0x34, 0x56, 0x78];
        bytes.resize(28, 0);
        bytes.extend([0x52, 0x54, 0, 0x12, 0x34, 0x56]);
        bytes.resize(236, 0);
        bytes.extend([99, 130, 83, 99, 53, 1, kind]);
        let class = b"PXEClient:Arch:00000:UNDI:002001";
        bytes.extend([60, class.len() as u8]);
        bytes.extend(class);
        bytes.extend([93, 2, 0, 0, 94, 3, 1, 2, 1, 97, 17]);
        bytes.extend(0..17);
        if matches!(self, Self::Ipxe) {
            bytes.extend([77, 4]);
            bytes.extend(b"iPXE");
            bytes.extend([175, 6, 0x13, 1, 1, 0x21, 1, 1]);
        }
        bytes.push(255);
        bytes
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) bytes: Vec<u8>,
    pub(crate) from: SocketAddrV4,
}

impl Reply {
    /// The `siaddr` field.
    pub(crate) fn next_server(&self) -> Ipv4Addr {
        <[u8; 4]>::try_from(&self.bytes[20..24]).unwrap().into()
    }

    /// The `yiaddr` field.
    pub(crate) fn address(&self) -> Ipv4Addr {
        <[u8; 4]>::try_from(&self.bytes[16..20]).unwrap().into()
    }

    /// The `file` field.
    pub(crate) fn file(&self) -> String {
        text(self.bytes[108..236].split(|byte| *byte == 0).next().unwrap())
    }

    /// Option 54.
    pub(crate) fn server(&self) -> Ipv4Addr {
        let mut rest = &self.bytes[240..];
        while let [code, len, more @ ..] = rest {
            let (value, after) = more.split_at(usize::from(*len).min(more.len()));
            if *code == 54 {
                return <[u8; 4]>::try_from(value).unwrap().into();
            }
            rest = after;
        }
        Ipv4Addr::UNSPECIFIED
    }
}

/// `netspec serve` on a machine.
pub(crate) struct Netspec {
    pub(crate) child: Child,
    said: PathBuf,
    errors: PathBuf,
    _folder: Folder,
}

impl Netspec {
    /// Starts it for a folder with `spec.kdl`, and waits until it is ready. `before` stands before the command.
    pub(crate) fn start(machine: &Machine, folder: Folder, before: &[&str]) -> Self {
        let (said, errors) = (folder.path("said"), folder.path("errors"));
        let command = before.iter().copied().chain([env!("CARGO_BIN_EXE_netspec"), "serve", "--verbose", "spec.kdl"]);
        let command: Vec<_> = command.collect();
        let child = machine
            .command(command[0])
            .args(&command[1..])
            .current_dir(folder.dir.path())
            .stdout(File::create(&said).unwrap())
            .stderr(File::create(&errors).unwrap())
            .spawn()
            .unwrap();
        let mut netspec = Self { child, said, errors, _folder: folder };
        netspec.wait("it to be ready", |netspec| netspec.intro().contains("ready:"));
        netspec
    }

    /// What it said until it was ready.
    pub(crate) fn intro(&self) -> String {
        fs::read_to_string(&self.errors).unwrap()
    }

    /// What it has told since.
    pub(crate) fn journal(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    /// Waits until the journal has a text.
    pub(crate) fn tells(&mut self, wanted: &str) {
        self.wait(wanted, |netspec| netspec.journal().contains(wanted));
    }

    fn wait(&mut self, what: &str, is_there: impl Fn(&Self) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !is_there(self) {
            let ended = self.child.try_wait().unwrap();
            let so_far = format!("{}{}", self.intro(), self.journal());
            assert!(ended.is_none() && Instant::now() < until, "waited for {what}; ended: {ended:?}\n{so_far}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Netspec {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
