//! Who holds a port that we cannot have (CO-06).

use std::fmt;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The transport of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// Datagrams.
    Udp,
    /// Connections.
    Tcp,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        })
    }
}

/// A process that has a port open; displayed as `dnsmasq (pid 1234)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// The process.
    pub pid: u32,
    /// The name of its program, as the kernel keeps it: at most 15 bytes.
    pub name: String,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name.escape_debug(), self.pid)
    }
}

/// A port that could not be opened; its text is one phrase, such as `cannot listen on UDP 67: dnsmasq (pid 1234) holds it`.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {protocol} {port}{}: {}", on(.interface.as_deref()), why(.source, .holders))]
pub struct ListenError {
    /// The transport.
    pub protocol: Protocol,
    /// The port.
    pub port: u16,
    /// The one interface that was asked for.
    pub interface: Option<String>,
    /// Who holds it; empty where the port is not in use, or where we may not see.
    pub holders: Vec<Holder>,
    /// What the operating system said.
    #[source]
    pub source: io::Error,
}

impl ListenError {
    /// Looks up who holds the port, where it is in use. `address` is 0.0.0.0 for all addresses.
    pub fn new(protocol: Protocol, address: Ipv4Addr, port: u16, interface: Option<&str>, source: io::Error) -> Self {
        let in_use = source.kind() == io::ErrorKind::AddrInUse;
        let holders = if in_use { holders(protocol, address, port) } else { Vec::new() };
        Self { protocol, port, interface: interface.map(str::to_owned), holders, source }
    }

    /// What to do about it, one sentence.
    pub fn help(&self) -> String {
        let Self { protocol, port, .. } = self;
        match (self.source.kind(), self.holders.first(), &self.interface) {
            (io::ErrorKind::AddrInUse, Some(holder), _) if *port == 67 => format!(
                "give netspec the capability CAP_NET_RAW, so that it can answer beside {holder}, or write \
                 `dhcp \"boot-server\"` and have that program send option 60 with the value PXEClient"
            ),
            (io::ErrorKind::AddrInUse, Some(holder), _) => format!("stop {holder}: only one program can answer there"),
            (io::ErrorKind::AddrInUse, None, _) => {
                let flags = if *protocol == Protocol::Udp { "-lunp" } else { "-ltnp" };
                format!("run `ss {flags} 'sport = {port}'` as root to see which program holds it")
            }
            (io::ErrorKind::PermissionDenied, ..) => {
                "start netspec as root, or give it the capabilities CAP_NET_BIND_SERVICE and CAP_NET_RAW".to_owned()
            }
            (_, _, Some(interface)) => format!("see with `ip link show {interface}` whether the interface is there"),
            _ => "see whether this system limits sockets for netspec".to_owned(),
        }
    }
}

fn on(interface: Option<&str>) -> String {
    interface.map(|name| format!(" on `{name}`")).unwrap_or_default()
}

fn why(source: &io::Error, holders: &[Holder]) -> String {
    match source.kind() {
        io::ErrorKind::AddrInUse if holders.len() > 1 => format!("{} hold it", listed(holders)),
        io::ErrorKind::AddrInUse => format!("{} holds it", listed(holders)),
        _ => source.to_string(),
    }
}

/// The holders as words: `dnsmasq (pid 1234)`, or `another program` where it is not known which.
pub fn listed(holders: &[Holder]) -> String {
    match holders {
        [] => "another program".to_owned(),
        _ => holders.iter().map(Holder::to_string).collect::<Vec<_>>().join(" and "),
    }
}

/// Finds the processes that hold a port, on this address or on all of them.
///
/// Best effort: without root only the own processes are seen, and a process that ends meanwhile is left out.
pub fn holders(protocol: Protocol, address: Ipv4Addr, port: u16) -> Vec<Holder> {
    in_use(protocol, address, port).unwrap_or_default()
}

/// The same; `None` where no socket has the port. A socket may be there although its process cannot be seen.
pub fn in_use(protocol: Protocol, address: Ipv4Addr, port: u16) -> Option<Vec<Holder>> {
    let tables = match protocol {
        Protocol::Udp => ["/proc/net/udp", "/proc/net/udp6"],
        Protocol::Tcp => ["/proc/net/tcp", "/proc/net/tcp6"],
    };
    let inodes: Vec<u64> = tables
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|table| inodes(&table, protocol, address, port))
        .collect();
    (!inodes.is_empty()).then(|| processes_with(&inodes))
}

/// The sockets in a table of `/proc/net` that stand in the way of `address` and `port`.
fn inodes(table: &str, protocol: Protocol, address: Ipv4Addr, port: u16) -> Vec<u64> {
    // Columns: slot, local address, remote address, state, queues, timer, retransmits, user, timeout, inode.
    let lines = table.lines().skip(1).map(|line| line.split_ascii_whitespace().collect::<Vec<_>>());
    lines
        .filter_map(|columns| {
            let (local, state) = (columns.get(1)?, columns.get(3)?);
            let (held, held_port) = local_address(local)?;
            let inode = columns.get(9)?.parse().ok()?;
            let listens = protocol == Protocol::Udp || *state == "0A";
            let meets = address.is_unspecified() || held.is_unspecified() || held == IpAddr::V4(address);
            (listens && meets && held_port == port && inode != 0).then_some(inode)
        })
        .collect()
}

/// Reads `0100007F:0043`: the words of the address as this machine's processor orders them, the port as a number.
fn local_address(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |digits: &str| u32::from_str_radix(digits, 16).ok().map(u32::to_ne_bytes);
    match address.len() {
        8 => Some((Ipv4Addr::from(word(address)?).into(), port)),
        32 => {
            let mut bytes = [0; 16];
            for (at, to) in bytes.chunks_exact_mut(4).enumerate() {
                to.copy_from_slice(&word(address.get(8 * at..8 * at + 8)?)?);
            }
            let address = Ipv6Addr::from(bytes);
            Some((address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4), port))
        }
        _ => None,
    }
}

fn processes_with(inodes: &[u64]) -> Vec<Holder> {
    let links: Vec<String> = inodes.iter().map(|inode| format!("socket:[{inode}]")).collect();
    let Ok(processes) = fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<Holder> = processes
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let holds = fs::read_dir(entry.path().join("fd")).ok()?.any(|fd| {
                let target = fd.ok().and_then(|fd| fs::read_link(fd.path()).ok());
                target.is_some_and(|target| links.iter().any(|link| target.as_os_str() == link.as_str()))
            });
            let name = || fs::read(entry.path().join("comm")).ok();
            let name = String::from_utf8_lossy(holds.then(name)??.trim_ascii_end()).into_owned();
            Some(Holder { pid, name })
        })
        .collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, UdpSocket};

    use super::*;

    const UDP: &str = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 00000000:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 0
  101: 0100000A:0043 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 0
  102: 00000000:0FAB 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 0000000000000000 0
  cut: 00000000:00
";
    const TCP6: &str = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 81 1 0 100 0 0 10 0
   1: 0000000000000000FFFF00000200000A:0050 0000000000000000FFFF00000300000A:9C40 01 00000000:00000000 00:00000000 00000000     0        0 82 1 0 100 0 0 10 0
";

    #[test]
    fn finds_sockets_in_the_tables_of_the_kernel() {
        let udp = |address, port| inodes(UDP, Protocol::Udp, address, port);
        assert_eq!(udp(Ipv4Addr::UNSPECIFIED, 67), [4711, 4712]);
        assert_eq!(udp(Ipv4Addr::UNSPECIFIED, 4011), [4713]);
        assert_eq!(udp(Ipv4Addr::new(192, 0, 2, 1), 67), [4711], "the wildcard holds every address");
        assert_eq!(udp(Ipv4Addr::UNSPECIFIED, 69), Vec::<u64>::new());
        assert_eq!(inodes(TCP6, Protocol::Tcp, Ipv4Addr::UNSPECIFIED, 80), [81], "a connection is no listener");
    }

    #[test]
    fn reads_addresses_of_both_families() {
        let bytes = |bytes: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(bytes));
        assert_eq!(
            local_address(&format!("{}:0043", bytes([10, 0, 0, 1]))),
            Some((IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)), 67))
        );
        let mapped = format!("{}{}{}:0050", "0".repeat(16), bytes([0, 0, 0xff, 0xff]), bytes([10, 0, 0, 2]));
        assert_eq!(local_address(&mapped), Some((IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)), 80)));
        for text in ["", ":", "0100007F", "0100007F:XYZ", "01007F:0043", "éééé:0043", &format!("{}:0", "é".repeat(16))]
        {
            assert_eq!(local_address(text), None, "{text}");
        }
    }

    /// CO-06: the message names the program and its pid.
    #[test]
    fn names_the_process_that_holds_a_port() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let port = socket.local_addr().unwrap().port();
        let refused = UdpSocket::bind(("0.0.0.0", port)).unwrap_err();
        let error = ListenError::new(Protocol::Udp, Ipv4Addr::UNSPECIFIED, port, None, refused);
        let me = std::process::id();
        let name = fs::read_to_string("/proc/self/comm").unwrap().trim_end().to_owned();
        assert_eq!(error.to_string(), format!("cannot listen on UDP {port}: {name} (pid {me}) holds it"));
        assert_eq!(error.help(), format!("stop {name} (pid {me}): only one program can answer there"));
        drop(socket);
        assert_eq!(holders(Protocol::Udp, Ipv4Addr::UNSPECIFIED, port), []);

        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(holders(Protocol::Tcp, Ipv4Addr::LOCALHOST, port).first().map(|holder| holder.pid), Some(me));
    }

    #[test]
    fn says_what_to_do_about_each_error() {
        let error = |kind: io::ErrorKind, holders: &[(u32, &str)], interface: Option<&str>| ListenError {
            protocol: Protocol::Udp,
            port: 67,
            interface: interface.map(str::to_owned),
            holders: holders.iter().map(|(pid, name)| Holder { pid: *pid, name: (*name).to_owned() }).collect(),
            source: kind.into(),
        };
        let shared = error(io::ErrorKind::AddrInUse, &[(7, "dnsmasq"), (9, "dhcpd\n")], Some("lan"));
        assert_eq!(
            shared.to_string(),
            r"cannot listen on UDP 67 on `lan`: dnsmasq (pid 7) and dhcpd\n (pid 9) hold it"
        );
        assert!(
            shared.help().contains("CAP_NET_RAW") && shared.help().contains("beside dnsmasq (pid 7)"),
            "{}",
            shared.help()
        );
        let hidden = error(io::ErrorKind::AddrInUse, &[], None);
        assert_eq!(hidden.to_string(), "cannot listen on UDP 67: another program holds it");
        assert!(hidden.help().contains("ss -lunp 'sport = 67'"), "{}", hidden.help());
        let denied = error(io::ErrorKind::PermissionDenied, &[], None);
        assert_eq!(denied.to_string(), "cannot listen on UDP 67: permission denied");
        assert!(denied.help().contains("CAP_NET_BIND_SERVICE"), "{}", denied.help());
    }
}
