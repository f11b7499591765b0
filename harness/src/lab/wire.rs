//! The cable between the emulated PC and the LAN.
//!
//! QEMU's network card sends and receives Ethernet frames as datagrams on a Unix socket; a process of ours, inside the
//! switch's namespace, carries them to a packet socket on a port of the bridge and back. So no tap device and no
//! privileges on the real machine are needed, every frame is recorded, and frames can be lost by rule.

use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, bind, recvfrom, send, socket,
};

use super::disguise::Disguise;
use super::frame::Frame;
use super::loss::LossRule;
use super::pcap::PcapWriter;
use crate::error::{Context, Error, Result};

/// `sll_pkttype` of a frame that this machine itself sent out through the interface (packet(7)).
const PACKET_OUTGOING: u8 = 4;

/// Longer than any frame of a link with an MTU of 1500, even one that offloading has put together.
const LONGEST: usize = 65_536;

/// How much of a frame with a piece of a file is kept: headers and the start of an answer, but no whole root images.
const KEEP_OF_FILES: usize = 192;

/// One end of a cable as `internal wire` takes it.
#[derive(Debug, Clone, clap::Args)]
pub struct WireArgs {
    /// The interface on the side of the LAN.
    #[arg(long)]
    interface: String,
    /// Our socket, to which QEMU sends.
    #[arg(long)]
    listen: PathBuf,
    /// QEMU's socket.
    #[arg(long)]
    peer: PathBuf,
    /// Where the frames are recorded.
    #[arg(long)]
    pcap: PathBuf,
    /// Which frames to the PC are lost.
    #[arg(long)]
    lose: Option<LossRule>,
    /// Takes the name of the PC's iPXE out of what it sends.
    #[arg(long)]
    disguise: bool,
}

/// `internal wire`: carries frames until the process is killed.
pub fn carry(args: WireArgs) -> Result<()> {
    let lan = Arc::new(packet_socket(&args.interface)?);
    let pc = Arc::new(UnixDatagram::bind(&args.listen).context(args.listen.display())?);
    let pcap = Arc::new(Mutex::new(PcapWriter::create(&args.pcap)?));
    super::announce()?;

    let from_pc = {
        let (lan, pc, pcap) = (Arc::clone(&lan), Arc::clone(&pc), Arc::clone(&pcap));
        let disguise = args.disguise.then(Disguise::default);
        std::thread::spawn(move || pc_to_lan(&pc, &lan, &pcap, disguise))
    };
    lan_to_pc(&lan, &pc, &args.peer, &pcap, args.lose)?;
    from_pc.join().map_err(|_| Error::new("the thread from the PC panicked"))?
}

fn pc_to_lan(
    pc: &UnixDatagram,
    lan: &OwnedFd,
    pcap: &Mutex<PcapWriter<File>>,
    mut disguise: Option<Disguise>,
) -> Result<()> {
    let mut buffer = vec![0; LONGEST];
    loop {
        let length = pc.recv(&mut buffer).context("receiving from QEMU")?;
        let frame = &mut buffer[..length];
        if let Some(disguise) = &mut disguise {
            disguise.apply(frame);
        }
        record(pcap, frame, LONGEST)?;
        // A cable loses what the other side cannot take; the protocols above repeat it.
        let _ = send(lan.as_raw_fd(), frame, MsgFlags::empty());
    }
}

fn lan_to_pc(
    lan: &OwnedFd,
    pc: &UnixDatagram,
    peer: &Path,
    pcap: &Mutex<PcapWriter<File>>,
    mut lose: Option<LossRule>,
) -> Result<()> {
    let mut buffer = vec![0; LONGEST];
    loop {
        let Some(frame) = receive(lan, &mut buffer)? else { continue };
        if lose.as_mut().is_some_and(|rule| rule.loses(frame)) {
            continue;
        }
        record(pcap, frame, kept(frame))?;
        // Until QEMU runs and after it has ended there is nobody to send to, which is how an unplugged cable behaves.
        let _ = pc.send_to(frame, peer);
    }
}

/// `internal capture`: records what passes an interface until the process is killed.
pub fn capture(interface: &str, pcap: &Path) -> Result<()> {
    let lan = packet_socket(interface)?;
    let mut writer = PcapWriter::create(pcap)?;
    super::announce()?;
    let mut buffer = vec![0; LONGEST];
    loop {
        let (length, _) = recvfrom::<LinkAddr>(lan.as_raw_fd(), &mut buffer).context("receiving from the LAN")?;
        writer.frame(SystemTime::now(), &buffer[..length], LONGEST)?;
    }
}

/// A packet socket that sees all frames of one interface.
fn packet_socket(interface: &str) -> Result<OwnedFd> {
    let address = nix::ifaddrs::getifaddrs()
        .context("listing the interfaces")?
        .filter(|entry| entry.interface_name == interface)
        .find_map(|entry| entry.address?.as_link_addr().copied())
        .ok_or_else(|| Error::new(format!("there is no interface `{interface}`")))?;
    let socket = socket(AddressFamily::Packet, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::EthAll)
        .context("opening a packet socket")?;
    // The address as getifaddrs gives it has protocol 0, which keeps the socket's own (all): packet(7).
    bind(socket.as_raw_fd(), &address).context(format_args!("listening on {interface}"))?;
    Ok(socket)
}

/// The next frame that came in from the LAN; nothing for one that went out.
fn receive<'a>(lan: &OwnedFd, buffer: &'a mut [u8]) -> Result<Option<&'a [u8]>> {
    let (length, from) = recvfrom::<LinkAddr>(lan.as_fd().as_raw_fd(), buffer).context("receiving from the LAN")?;
    if from.is_some_and(|from| from.pkttype() == PACKET_OUTGOING) {
        return Ok(None);
    }
    Ok(Some(&buffer[..length]))
}

/// How much of a frame to the PC is kept: all of DHCP, by which servers are judged, and the start of a file's pieces.
fn kept(frame: &[u8]) -> usize {
    let Some(frame) = Frame::parse(frame) else { return LONGEST };
    let is_dhcp = |port: u16| matches!(port, 67 | 4011);
    match (frame.tcp(), frame.udp()) {
        (None, None) => LONGEST,
        (None, Some(datagram)) if is_dhcp(datagram.source.port()) => LONGEST,
        _ => KEEP_OF_FILES,
    }
}

fn record(pcap: &Mutex<PcapWriter<File>>, frame: &[u8], keep: usize) -> Result<()> {
    pcap.lock().unwrap_or_else(PoisonError::into_inner).frame(SystemTime::now(), frame, keep)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::frame::tests::{tcp_frame, udp_frame};

    #[test]
    fn dhcp_is_kept_whole_and_files_are_not() {
        assert_eq!(kept(&udp_frame(67, 68, b"offer")), LONGEST);
        assert_eq!(kept(&udp_frame(4011, 4011, b"ack")), LONGEST);
        assert_eq!(kept(&udp_frame(40000, 2070, b"data")), KEEP_OF_FILES);
        assert_eq!(kept(&tcp_frame(80, 2070, b"data")), KEEP_OF_FILES);
        assert_eq!(kept(b"\x01\x01\x01\x01\x01\x01\x02\x02\x02\x02\x02\x02\x08\x06arp"), LONGEST);
    }
}
