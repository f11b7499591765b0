//! What edk2's PXE driver and its HTTP Boot driver do with the packets of DHCP servers, written from the requirements.

use std::net::Ipv4Addr;

use super::super::super::testing::Request;
use super::super::super::tlv::Tlv;

/// The address that edk2 leases in these tests.
pub(super) const LEASED: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 50);

/// How a boot ends: what is loaded, or the error that the firmware shows.
pub(super) type End<T> = Result<T, &'static str>;

/// A packet of a server that edk2 keeps.
struct Packet(Vec<u8>);

/// What the option 43 of a packet makes of it (UE-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Label {
    Plain,
    Pxe10,
    Wfm11a,
    Binl,
}

impl Packet {
    /// Keeps the answer to `sent`, if it is one (DH-20, DH-24, DH-30).
    fn keep(bytes: &[u8], sent: &Request) -> Option<Self> {
        let hlen = usize::from(*bytes.get(2)?);
        let mut packet = Self(bytes.to_vec());
        packet.terminate_file_name();
        let fits = (240..=1472).contains(&bytes.len()) && bytes[0] == 2 && bytes[236..240] == [99, 130, 83, 99];
        let ours = bytes[4..8] == sent.xid.to_be_bytes() && bytes.get(28..28 + hlen)? == sent.chaddr.get(..hlen)?;
        let server = packet.option(54).is_some_and(|id| id.len() == 4 && id != [0; 4]);
        (fits && ours && server).then_some(packet)
    }

    /// Writes the zero that ends the name in option 67 behind it, wherever that is (DH-28).
    fn terminate_file_name(&mut self) {
        let Some(name) = Tlv::new(&self.0[240..]).find(|(code, _)| *code == 67).map(|(_, name)| name) else { return };
        if !name.ends_with(&[0]) {
            let behind = name.as_ptr_range().end.addr() - self.0.as_ptr().addr();
            self.0[behind] = 0;
        }
    }

    fn option(&self, code: u8) -> Option<&[u8]> {
        Tlv::new(&self.0[240..]).find(|(known, _)| *known == code).map(|(_, value)| value)
    }

    fn is_class(&self, class: &str) -> bool {
        self.option(60).is_some_and(|value| value.starts_with(class.as_bytes()))
    }

    fn addr(&self, at: usize) -> Ipv4Addr {
        <[u8; 4]>::try_from(&self.0[at..at + 4]).unwrap().into()
    }

    /// A proxy is who offers no address (DH-21).
    fn is_proxy(&self) -> bool {
        self.addr(16).octets()[0] == 0
    }

    /// `siaddr`, else option 54.
    fn server(&self) -> Ipv4Addr {
        let siaddr = self.addr(20);
        if siaddr.is_unspecified() { <[u8; 4]>::try_from(self.option(54).unwrap()).unwrap().into() } else { siaddr }
    }

    /// Option 67, else the header, unless option 52 makes options of that.
    fn file(&self) -> Option<String> {
        let overloaded = self.option(52).is_some_and(|how| how != [2]);
        let name = self.option(67).or_else(|| (!overloaded).then_some(&self.0[108..236]))?;
        let name = name.split(|byte| *byte == 0).next().filter(|name| !name.is_empty())?;
        Some(String::from_utf8(name.to_vec()).unwrap())
    }

    fn vendor_option(&self, code: u8) -> Option<&[u8]> {
        Tlv::new(self.option(43)?).find(|(known, _)| *known == code).map(|(_, value)| value)
    }

    /// UE-01
    fn label(&self) -> Label {
        let has = |code: u8| self.vendor_option(code).is_some();
        match () {
            () if !self.is_class("PXEClient") => Label::Plain,
            () if (6..=10).any(has) => Label::Pxe10,
            () if (1..=5).all(has) => Label::Wfm11a,
            () => Label::Binl,
        }
    }

    /// What is loaded by TFTP; a URL is a name like any other there (UE-11).
    fn load(&self) -> End<(Ipv4Addr, String)> {
        match self.file() {
            Some(file) if !file.contains("://") => Ok((self.server(), file)),
            _ => Err("PXE-E99"),
        }
    }

    /// A PXE10 offer is used as it is, followed to a boot server, or dropped (UE-05, UE-07).
    fn load_pxe10(&self, discover: &Request, ask: &mut Ask<'_>) -> End<(Ipv4Addr, String)> {
        match self.vendor_option(6) {
            Some([control]) if control & 8 != 0 => self.load(),
            Some([control]) => self.discover(*control, discover, ask),
            _ => Err("PXE-E21"),
        }
    }

    /// Takes the first line of the menu, as where its timeout is 0, and asks the boot server of its type (BS-01, BS-04, BS-05).
    fn discover(&self, control: u8, discover: &Request, ask: &mut Ask<'_>) -> End<(Ipv4Addr, String)> {
        let Some([high, low, len, text @ ..]) = self.vendor_option(9) else { return Err("PXE-E21") };
        let at_once = self.vendor_option(10).is_some_and(|prompt| prompt.first() == Some(&0));
        if !at_once || [*high, *low] == [0, 0] || text.len() != usize::from(*len) || *len > 69 {
            return Err("PXE-E21");
        }
        // With broadcast and multicast off, only the list says where to ask.
        let server = match self.vendor_option(8) {
            Some([h, l, 1, a, b, c, d]) if control == 7 && [h, l] == [high, low] => Ipv4Addr::new(*a, *b, *c, *d),
            _ => return Err("PXE-E21"),
        };
        let item = [71, 4, *high, *low, 0, 0, 255];
        let request = boot_server_request(discover).with(43, &item);
        let answer = ask(server, &request).and_then(|bytes| Packet::keep(&bytes, &request));
        let ack = answer.filter(|ack| ack.option(53) == Some(&[5]) && ack.is_class("PXEClient"));
        match ack.filter(|ack| ack.vendor_option(71) == Some(&[*high, *low, 0, 0]) && ack.server() == server) {
            Some(ack) => ack.load(),
            None => Err("PXE-E18"),
        }
    }
}

/// Sends a request to port 4011 of a server and gives what comes back.
type Ask<'a> = dyn FnMut(Ipv4Addr, &Request) -> Option<Vec<u8>> + 'a;

/// A transaction of its own, and of the first request's options only what describes the client (DH-51).
fn boot_server_request(discover: &Request) -> Request {
    let mut request = Request { xid: discover.xid ^ 0xffff_ffff, ciaddr: LEASED, ..discover.clone() };
    request.options.retain(|(code, _)| [53, 57, 55, 97, 94, 93, 60].contains(code));
    request.with(53, &[3])
}

/// Whether edk2 is older than commit 8cdd559be6 of 2017, which began to use the PXE10 offers of proxies (UE-03).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    Before2017,
    Since2017,
}

/// Boots over PXE: what it loads by TFTP, and from which server.
///
/// `offers` are the answers to `discover` in the order of their arrival. `ask` sends a request to port 4011 of a server, from
/// the leased address and port 4011, and gives what comes back there.
pub(super) fn boot_pxe(
    age: Age,
    discover: &Request,
    offers: &[Vec<u8>],
    mut ask: impl FnMut(Ipv4Addr, &Request) -> Option<Vec<u8>>,
) -> End<(Ipv4Addr, String)> {
    let kept: Vec<Packet> = offers.iter().filter_map(|bytes| Packet::keep(bytes, discover)).collect();
    let (proxies, leases): (Vec<&Packet>, Vec<&Packet>) = kept.iter().partition(|packet| packet.is_proxy());
    // It notes that a proxy answered before it discards the packet, and then looks for it (DH-26).
    if proxies.iter().any(|packet| packet.label() == Label::Plain) {
        return Err("ASSERT");
    }
    let labeled = |packets: &[&Packet], label: Label| packets.iter().position(|packet| packet.label() == label);
    if let Some(at) = labeled(&leases, Label::Pxe10) {
        return leases[at].load_pxe10(discover, &mut ask);
    }
    let plain = labeled(&leases, Label::Plain);
    if let (Some(_), Some(at), Age::Since2017) = (plain, labeled(&proxies, Label::Pxe10), age) {
        return proxies[at].load_pxe10(discover, &mut ask);
    }
    // UE-08: the offer of a DHCP server that poses as PXE is asked about first, and it alone. Of proxies, each one (UE-10).
    let boot_servers: Vec<&Packet> = match (labeled(&leases, Label::Binl), plain) {
        (Some(at), _) => vec![leases[at]],
        (None, Some(_)) => proxies.iter().copied().filter(|packet| packet.label() == Label::Binl).collect(),
        (None, None) => return Err("PXE-E16"),
    };
    for offer in &boot_servers {
        let request = boot_server_request(discover);
        let answer = ask(offer.server(), &request).and_then(|bytes| Packet::keep(&bytes, &request));
        if let Some(ack) = answer.filter(|ack| ack.option(53) == Some(&[5]) && ack.file().is_some()) {
            return ack.load();
        }
    }
    // A lease without a name is no offer to boot.
    match plain.filter(|at| boot_servers.is_empty() && leases[*at].file().is_some()) {
        Some(at) => leases[at].load(),
        None => Err("PXE-E16"),
    }
}

/// Boots over HTTP: the URL that it loads (HB-01 to HB-04).
pub(super) fn boot_http(discover: &Request, offers: &[Vec<u8>]) -> End<String> {
    let kept: Vec<Packet> = offers.iter().filter_map(|bytes| Packet::keep(bytes, discover)).collect();
    // A proxy that does not say the class is not heard.
    let (with_class, plain): (Vec<&Packet>, Vec<&Packet>) =
        kept.iter().partition(|packet| packet.is_class("HTTPClient"));
    let leases = || kept.iter().filter(|packet| !packet.is_proxy());
    let has_dns = leases().any(|packet| packet.option(6).is_some());
    let mut urls = Vec::new();
    for packet in with_class {
        let url = packet.file().ok_or("no URL")?;
        let host = url.strip_prefix("http://").ok_or("no URL")?.split(['/', ':']).next().unwrap_or_default();
        // The name servers of a proxy are not used, only those of the lease (HB-03).
        if host.parse::<Ipv4Addr>().is_ok() || has_dns {
            urls.push((packet.is_proxy(), url));
        }
    }
    // A DHCP server's own URL wins over every proxy's (HB-04), and a proxy's needs a lease beside it (HB-02).
    urls.sort_by_key(|(is_proxy, _)| *is_proxy);
    match urls.into_iter().next() {
        Some((is_proxy, url)) if !is_proxy || plain.iter().any(|packet| !packet.is_proxy()) => Ok(url),
        _ => Err("no offer"),
    }
}
