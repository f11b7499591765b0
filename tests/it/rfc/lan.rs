//! A LAN of one cable: `netspec serve` at one end, a booting client at the other, each in a network namespace of its own.
//!
//! The client writes datagrams as firmware does, and sees the IP packets that come, with their headers.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use netspec::serve::interface::interfaces;
use nix::sched::{CloneFlags, unshare};
use socket2::{Domain, Protocol, Socket, Type};

use crate::support::{Folder, trees};

/// The server's address.
pub(super) const SERVER: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
/// The address that a client has once it has a lease.
pub(super) const LEASED: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 50);

/// A spec with one Arch ISO for BIOS, and iPXE for UEFI.
pub(super) const SPEC: &str = "network \"lan\" {\n    interface \"lan0\"\n}\niso \"arch\" \"isos/arch.iso\"\n\
                               loader \"ipxe-x64\" \"ipxe.efi\"\n";

/// The LAN, seen from the client's end. It is in the namespace of the thread that made it.
pub(super) struct Lan {
    server: Child,
    folder: Folder,
    /// Everything that arrives.
    packets: Socket,
    /// Port 68, where clients listen.
    client: UdpSocket,
}

impl Lan {
    /// Serves `spec` at one end of a cable, and runs `client` at the other.
    pub(super) fn with(spec: &str, client: impl FnOnce(&Lan) + Send) {
        let folder = Folder::with_spec(spec).iso("arch.iso", "ARCH_202611", &trees::archiso());
        std::fs::write(folder.path("ipxe.efi"), trees::x64_program()).unwrap();
        thread::scope(|scope| {
            let outcome = scope
                .spawn(|| {
                    unshare(CloneFlags::CLONE_NEWNET).expect("needs root, as `netspec serve` does");
                    client(&Self::start(folder));
                })
                .join();
            if let Err(panic) = outcome {
                std::panic::resume_unwind(panic);
            }
        });
    }

    fn start(folder: Folder) -> Self {
        // The cable is made from here, since only the child knows nothing of this namespace; it waits for its end.
        let wait = format!(
            "ip link set lo up; until ip link set lan0 up 2>/dev/null; do sleep 0.02; done; \
             ip address add {SERVER}/24 dev lan0 && exec \"$0\" serve --verbose spec.kdl"
        );
        let log = std::fs::File::create(folder.path("log")).unwrap();
        let server = Command::new("unshare")
            .args(["--net", "sh", "-c", &wait, env!("CARGO_BIN_EXE_netspec")])
            .current_dir(folder.dir.path())
            .stdout(Stdio::from(log.try_clone().unwrap()))
            .stderr(Stdio::from(log))
            .spawn()
            .unwrap();
        let pid = server.id();
        let own = std::fs::read_link("/proc/thread-self/ns/net").unwrap();
        until("the server has a namespace", || {
            std::fs::read_link(format!("/proc/{pid}/ns/net")).is_ok_and(|theirs| theirs != own)
        });
        ip(&format!("link add c0 type veth peer name lan0 netns {pid}"));
        ip("link set c0 address 52:54:00:01:02:03");
        ip("link set c0 up");
        // A link drops what is sent before the kernel has seen its carrier.
        until("the cable is in", || interfaces().unwrap().iter().any(|found| found.name == "c0" && found.running));
        let packets =
            Socket::new(Domain::PACKET, Type::DGRAM, Some(Protocol::from(i32::from(0x0800u16.to_be())))).unwrap();
        packets.set_recv_buffer_size(1 << 20).unwrap();
        let lan = Self { server, folder, packets, client: bound(68) };
        until("netspec is ready", || lan.log().contains("ready:"));
        lan
    }

    /// What netspec has printed so far.
    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path("log")).unwrap()
    }

    /// Waits until netspec has printed this.
    pub(super) fn says(&self, words: &str) {
        until(words, || self.log().contains(words));
    }

    /// Gives the client its address, as the network's DHCP server would.
    pub(super) fn lease(&self) {
        ip(&format!("address add {LEASED}/24 dev c0"));
    }

    /// Runs a command at the server's end.
    pub(super) fn at_the_server(&self, command: &str) {
        let pid = self.server.id().to_string();
        let status =
            Command::new("nsenter").args(["--net", "--target", &pid]).args(command.split(' ')).status().unwrap();
        assert!(status.success(), "{command}");
    }

    /// Sends from port 68 to all, at port 67.
    pub(super) fn broadcast(&self, message: &Message) {
        self.client.send_to(&message.bytes(), (Ipv4Addr::BROADCAST, 67)).unwrap();
    }

    /// Sends from a port of the client to a port of the server.
    pub(super) fn send(&self, from: &UdpSocket, to: u16, bytes: &[u8]) {
        from.send_to(bytes, (SERVER, to)).unwrap();
    }

    /// The client's socket on port 68.
    pub(super) fn port_68(&self) -> &UdpSocket {
        &self.client
    }

    /// The next packets with UDP from the server, until none has come for `quiet`.
    pub(super) fn packets(&self, quiet: Duration) -> Vec<Packet> {
        let mut found = Vec::new();
        let mut end = Instant::now() + quiet;
        while let Some(packet) = self.packet(end) {
            found.push(packet);
            end = Instant::now() + quiet;
        }
        found
    }

    fn packet(&self, end: Instant) -> Option<Packet> {
        use std::io::Read as _;
        loop {
            let left = end.checked_duration_since(Instant::now()).filter(|left| !left.is_zero())?;
            self.packets.set_read_timeout(Some(left)).unwrap();
            let mut bytes = vec![0; 4096];
            match (&self.packets).read(&mut bytes) {
                Ok(len) => {
                    bytes.truncate(len);
                    if let Some(packet) = Packet::read(bytes) {
                        return Some(packet);
                    }
                }
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted) => {
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// The first packet for which this is so.
    pub(super) fn first(&self, is_it: impl Fn(&Packet) -> bool) -> Packet {
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let packet = self.packet(end).unwrap_or_else(|| panic!("no answer; the log:\n{}", self.log()));
            if is_it(&packet) {
                return packet;
            }
        }
    }

    /// The packet with an answer to the transaction of this number.
    pub(super) fn answer(&self, xid: u32) -> Packet {
        self.first(|packet| packet.payload.get(4..8) == Some(&xid.to_be_bytes()))
    }

    /// Sends a DISCOVER to all, and takes the answer.
    pub(super) fn offer(&self, message: &Message) -> Packet {
        self.broadcast(message);
        self.answer(message.xid)
    }

    /// Checks that none of these messages is answered, by an answer to one behind them.
    pub(super) fn is_silent_to(&self, send: impl FnOnce()) {
        send();
        let marker = Message::bios(1);
        self.broadcast(&marker);
        let end = Instant::now() + Duration::from_secs(5);
        let first = self.packet(end).expect("an answer to the last message");
        assert_eq!(
            first.payload.get(4..8),
            Some(&marker.xid.to_be_bytes()[..]),
            "something was answered:\n{}",
            self.log()
        );
    }
}

impl Drop for Lan {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A socket of the client.
pub(super) fn bound(port: u16) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.set_broadcast(true).unwrap();
    socket.bind_device(Some(b"c0")).unwrap();
    socket.bind(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into()).unwrap();
    socket.into()
}

fn ip(arguments: &str) {
    let status = Command::new("ip").args(arguments.split(' ')).status().unwrap();
    assert!(status.success(), "ip {arguments}");
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < end, "it never came that {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A message of a client (RFC 2131 section 2).
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) xid: u32,
    pub(super) secs: u16,
    pub(super) ciaddr: Ipv4Addr,
    pub(super) giaddr: Ipv4Addr,
    pub(super) hops: u8,
    pub(super) chaddr: [u8; 16],
    pub(super) options: Vec<(u8, Vec<u8>)>,
}

/// The identifier of a machine (option 97).
pub(super) const MACHINE: [u8; 17] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

impl Message {
    /// A message of this type (option 53) from a client of this class.
    pub(super) fn new(kind: u8, class: &str) -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static XID: AtomicU32 = AtomicU32::new(0x1234_0000);
        Self {
            xid: XID.fetch_add(1, Ordering::Relaxed),
            secs: 0,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            giaddr: Ipv4Addr::UNSPECIFIED,
            hops: 0,
            // The last ten bytes are nobody's, and edk2 compares them.
            chaddr: [0x52, 0x54, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 7, 9],
            options: vec![(53, vec![kind]), (60, class.as_bytes().to_vec())],
        }
    }

    /// Intel's ROM for legacy BIOS.
    pub(super) fn bios(kind: u8) -> Self {
        Self::new(kind, "PXEClient:Arch:00000:UNDI:002001")
            .with(55, &[1, 3, 43, 60, 66, 67, 128, 129])
            .with(57, &1260u16.to_be_bytes())
            .with(97, &MACHINE)
            .with(93, &[0, 0])
            .with(94, &[1, 2, 1])
    }

    /// edk2 on this architecture, over PXE.
    pub(super) fn uefi(kind: u8, arch: u8) -> Self {
        Self::new(kind, &format!("PXEClient:Arch:{arch:05}:UNDI:003001"))
            .with(57, &1472u16.to_be_bytes())
            .with(97, &MACHINE)
            .with(94, &[1, 3, 1])
            .with(93, &[0, arch])
    }

    /// edk2 on this architecture, over HTTP Boot.
    pub(super) fn http(kind: u8, arch: u8) -> Self {
        Self::uefi(kind, arch).with(60, format!("HTTPClient:Arch:{arch:05}:UNDI:003001").as_bytes())
    }

    /// iPXE on this architecture, with HTTP.
    pub(super) fn ipxe(kind: u8, arch: u8) -> Self {
        Self::uefi(kind, arch).with(175, &[0xb1, 5, 1, 0x1a, 0xf4, 0x10, 0, 0x13, 1, 1]).with(77, b"iPXE")
    }

    /// Replaces an option, or adds it at the end.
    pub(super) fn with(mut self, code: u8, value: &[u8]) -> Self {
        match self.options.iter_mut().find(|(known, _)| *known == code) {
            Some((_, old)) => *old = value.to_vec(),
            None => self.options.push((code, value.to_vec())),
        }
        self
    }

    /// Takes an option away.
    pub(super) fn without(mut self, code: u8) -> Self {
        self.options.retain(|(known, _)| *known != code);
        self
    }

    /// The datagram.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![1, 1, 6, self.hops];
        bytes.extend(self.xid.to_be_bytes());
        bytes.extend(self.secs.to_be_bytes());
        bytes.extend([0, 0]);
        for addr in [self.ciaddr, Ipv4Addr::UNSPECIFIED, Ipv4Addr::UNSPECIFIED, self.giaddr] {
            bytes.extend(addr.octets());
        }
        bytes.extend(self.chaddr);
        bytes.resize(236, 0);
        bytes.extend([99, 130, 83, 99]);
        for (code, value) in &self.options {
            bytes.extend([*code, u8::try_from(value.len()).unwrap()]);
            bytes.extend(value);
        }
        bytes.push(255);
        bytes
    }
}

/// A packet with UDP, as it was on the wire.
#[derive(Debug, Clone)]
pub(super) struct Packet {
    /// The IP header.
    pub(super) header: Vec<u8>,
    pub(super) source: SocketAddrV4,
    pub(super) destination: SocketAddrV4,
    pub(super) payload: Vec<u8>,
}

impl Packet {
    fn read(bytes: Vec<u8>) -> Option<Self> {
        let header_len = usize::from(bytes.first()? & 15) * 4;
        let (header, udp) = bytes.split_at_checked(header_len)?;
        if header.get(9) != Some(&17) {
            return None;
        }
        let port = |at: usize| Some(u16::from_be_bytes([*udp.get(at)?, *udp.get(at + 1)?]));
        let addr = |at: usize| Some(Ipv4Addr::from(<[u8; 4]>::try_from(header.get(at..at + 4)?).ok()?));
        Some(Self {
            source: SocketAddrV4::new(addr(12)?, port(0)?),
            destination: SocketAddrV4::new(addr(16)?, port(2)?),
            payload: udp.get(8..usize::from(port(4)?))?.to_vec(),
            header: header.to_vec(),
        })
    }

    /// Whether routers may cut it: the bit "don't fragment" is not set, and it is no fragment.
    pub(super) fn is_whole_and_may_be_cut(&self) -> bool {
        self.header[6] & 0b0110_0000 == 0 && self.header[6] & 31 == 0 && self.header[7] == 0
    }

    /// The six bits of DSCP (RFC 2474).
    pub(super) fn dscp(&self) -> u8 {
        self.header[1] >> 2
    }

    /// The options in their order.
    pub(super) fn options(&self) -> Vec<(u8, Vec<u8>)> {
        let mut rest = &self.payload[240..];
        let mut options = Vec::new();
        loop {
            match rest {
                [0, behind @ ..] => rest = behind,
                [255, ..] => return options,
                [code, len, behind @ ..] => {
                    let (value, behind) = behind.split_at(usize::from(*len));
                    options.push((*code, value.to_vec()));
                    rest = behind;
                }
                _ => panic!("an answer without END: {:?}", self.payload),
            }
        }
    }

    pub(super) fn option(&self, code: u8) -> Option<Vec<u8>> {
        self.options().into_iter().find(|(known, _)| *known == code).map(|(_, value)| value)
    }

    /// The codes of the options in their order.
    pub(super) fn codes(&self) -> Vec<u8> {
        self.options().iter().map(|(code, _)| *code).collect()
    }

    pub(super) fn siaddr(&self) -> Ipv4Addr {
        self.addr(20)
    }

    /// An address of the header: 12 `ciaddr`, 16 `yiaddr`, 20 `siaddr`, 24 `giaddr`.
    pub(super) fn addr(&self, at: usize) -> Ipv4Addr {
        Ipv4Addr::from(<[u8; 4]>::try_from(&self.payload[at..at + 4]).unwrap())
    }

    /// The text of a header field up to its NUL, which must be there.
    fn field(&self, range: std::ops::Range<usize>) -> String {
        let field = &self.payload[range];
        let end = field.iter().position(|b| *b == 0).expect("a NUL");
        String::from_utf8(field[..end].to_vec()).unwrap()
    }

    pub(super) fn sname(&self) -> String {
        self.field(44..108)
    }

    pub(super) fn file(&self) -> String {
        self.field(108..236)
    }
}
