//! What is remembered from packet to packet.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use super::super::Setup;
use super::super::serving::{Said, say};
use super::file::Packet;
use super::frame::{self, Carrier, Datagram};
use super::{Answer, Event, What};
use crate::net::MacAddr;
use crate::proto::dhcp::{BootRequest, Local, MessageType, Reason, ReceivedOn, ServerAddr, ServerMessage};
use crate::proto::name;
use crate::proto::probe::is_probe;
use crate::proto::tftp::Packet as Tftp;

/// Events that are kept; a classroom that boots makes some thousand.
const MAX_EVENTS: usize = 5000;
/// Clients, transactions and transfers that are remembered. What is above is not compared with anything.
const MAX_KNOWN: usize = 4096;
/// Names are shown up to this length.
const MAX_NAME: usize = 200;

/// What is known of a client that asked to boot.
#[derive(Default)]
pub(super) struct Client {
    /// The times that it began anew, by what it was then.
    pub(super) begins: BTreeMap<String, BTreeSet<u32>>,
    /// Whether this spec has an answer for it, and whether that answer is in the capture.
    pub(super) would_answer: bool,
    pub(super) ours_seen: bool,
    /// Whether a server gave it an address, or anything at all.
    pub(super) address_offered: bool,
    /// Questions on port 4011, and answers to them.
    pub(super) asked_4011: bool,
    pub(super) answered_4011: bool,
    /// What others told it: the server, the file, option 60, and whether an address came with it.
    pub(super) told: BTreeSet<Told>,
    /// Files that it was refused.
    pub(super) refused: BTreeSet<(String, String)>,
    pub(super) ipv6: bool,
    /// Whether it asked anybody for a file.
    pub(super) loads: bool,
    /// Why this spec has no answer for it.
    pub(super) silence: Option<(String, Option<String>)>,
}

/// Boot information of another server.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Told {
    pub(super) server: Ipv4Addr,
    pub(super) file: Option<String>,
    pub(super) vendor_class: Option<String>,
    pub(super) with_address: bool,
}

pub(super) struct State<'a> {
    setup: &'a Setup<'a>,
    pub(super) packets: u64,
    pub(super) span: Option<(f64, f64)>,
    pub(super) events: Vec<Event>,
    pub(super) left_out: u64,
    pub(super) ordinary: u64,
    pub(super) clients: BTreeMap<MacAddr, Client>,
    /// Requests that wait for answers, by client and transaction.
    requests: BTreeMap<(MacAddr, u32), (BootRequest, ReceivedOn)>,
    /// The hardware address of an IP address.
    macs: BTreeMap<IpAddr, MacAddr>,
    /// What a client asked for from one of its ports.
    names: BTreeMap<SocketAddr, String>,
}

impl<'a> State<'a> {
    pub(super) fn new(setup: &'a Setup<'a>) -> Self {
        Self {
            setup,
            packets: 0,
            span: None,
            events: Vec::new(),
            left_out: 0,
            ordinary: 0,
            clients: BTreeMap::new(),
            requests: BTreeMap::new(),
            macs: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    pub(super) fn take(&mut self, packet: &Packet<'_>) {
        self.packets += 1;
        let seconds = packet.seconds;
        let (first, last) = self.span.unwrap_or((seconds, seconds));
        self.span = Some((first, last.max(seconds)));
        let Some(datagram) = frame::read(packet.link, packet.data) else { return };
        let at = (seconds - first).max(0.0);
        let (from, to) = (datagram.from.port(), datagram.to.port());
        // Clients and servers share port 4011; the first byte of a DHCP message says whose it is.
        let is_request = datagram.payload.first() == Some(&1);
        match (datagram.carrier, from, to) {
            (Carrier::Udp, _, 67) if is_request => self.request(at, &datagram, ReceivedOn::Dhcp67),
            (Carrier::Udp, _, 4011) if is_request => self.request(at, &datagram, ReceivedOn::Boot4011),
            (Carrier::Udp, 67 | 4011, _) => self.reply(at, &datagram),
            (Carrier::Udp, _, 547) => self.ipv6(at, &datagram),
            (Carrier::Udp, _, 69) => self.tftp_request(at, &datagram),
            (Carrier::Udp, ..) => self.tftp_error(at, &datagram),
            (Carrier::Tcp, from, to) => {
                let http = self.setup.plan.server.http_port;
                if to == 80 || to == http {
                    self.http_request(at, &datagram);
                } else if from == 80 || from == http {
                    self.http_answer(at, &datagram);
                }
            }
        }
    }

    fn request(&mut self, at: f64, datagram: &Datagram<'_>, port: ReceivedOn) {
        let (SocketAddr::V4(from), IpAddr::V4(to)) = (datagram.from, datagram.to.ip()) else { return };
        let request = match BootRequest::parse(datagram.payload) {
            Ok(request) => request,
            Err(_) => return self.ordinary += 1,
        };
        let message = request.message_type();
        let mac = request.mac();
        // A real server answers from the address that the message came to.
        let server = ServerAddr::new(to).filter(|_| !is_broadcast_of(to)).unwrap_or(self.setup.server);
        let Said { answer, reason, .. } = self.said(&request, server, port, from);
        match reason {
            // The client takes the offer of its DHCP server here, or is no boot client at all.
            Some(Reason::NotABootClient { .. }) => return self.ordinary += 1,
            Some(Reason::NotForProxy { .. }) => return,
            _ => {}
        }
        let is_offer = matches!(answer, Answer::Offer(_));
        let class = match &answer {
            Answer::Offer(offer) => offer.client.clone(),
            Answer::Silence { .. } => String::new(),
        };
        if self.clients.len() < MAX_KNOWN || self.clients.contains_key(&mac) {
            let client = self.clients.entry(mac).or_default();
            client.would_answer |= is_offer;
            client.asked_4011 |= port == ReceivedOn::Boot4011;
            if port == ReceivedOn::Dhcp67 && message == Some(MessageType::Discover) {
                let begins = client.begins.entry(class).or_default();
                if begins.len() < MAX_NAME {
                    begins.insert(request.xid);
                }
            }
            if let Answer::Silence { reason, change } = &answer {
                client.silence = Some((reason.clone(), change.clone()));
            }
        }
        let name = message.map_or_else(|| "DHCP message".to_owned(), |message| message.to_string());
        let message = match port {
            ReceivedOn::Dhcp67 => name,
            ReceivedOn::Boot4011 => format!("{name} on port 4011"),
        };
        if self.requests.len() < MAX_KNOWN {
            self.requests.insert((mac, request.xid), (request, port));
        }
        self.event(at, mac.to_string(), What::Asked { message, answer });
    }

    fn said(&self, request: &BootRequest, server: ServerAddr, port: ReceivedOn, source: SocketAddrV4) -> Said {
        let plan = self.setup.plan;
        say(plan, request, &Local { server, port, http_port: plan.server.http_port, source }, None)
    }

    fn reply(&mut self, at: f64, datagram: &Datagram<'_>) {
        let Some(message) = ServerMessage::parse(datagram.payload) else { return };
        let Some((request, port)) = self.requests.get(&(message.mac, message.xid)) else { return };
        let IpAddr::V4(from) = datagram.from.ip() else { return };
        let server = message.server_id().unwrap_or(from);
        let is_ours = ServerAddr::new(server).is_some_and(|server| {
            let source = SocketAddrV4::new(request.ciaddr, 68);
            matches!(self.said(request, server, *port, source).answer, Answer::Offer(offer) if offer.file.as_bytes() == message.file
                && offer.vendor_class.as_deref().map(str::as_bytes) == message.vendor_class().map(|class| class.0))
        });
        let with_address = !message.yiaddr.is_unspecified();
        let text = |bytes: &[u8]| shorten(&String::from_utf8_lossy(bytes));
        let file = Some(text(&message.file)).filter(|file| !file.is_empty());
        let vendor_class = message.vendor_class().map(|class| text(class.0));
        let port = *port;
        if let Some(client) = self.clients.get_mut(&message.mac) {
            client.address_offered |= with_address;
            client.ours_seen |= is_ours;
            client.answered_4011 |= port == ReceivedOn::Boot4011;
            let is_for_boot = vendor_class
                .as_ref()
                .is_some_and(|class| class.starts_with("PXEClient") || class.starts_with("HTTPClient"));
            if !is_ours && (file.is_some() || is_for_boot) && client.told.len() < MAX_NAME {
                let (file, vendor_class) = (file.clone(), vendor_class.clone());
                client.told.insert(Told { server, file, vendor_class, with_address });
            }
        }
        let what = What::Answered {
            server: server.to_string(),
            message: message.message_type().map_or("BOOTP answer", MessageType::name).to_owned(),
            address: with_address.then(|| message.yiaddr.to_string()),
            file,
            vendor_class,
            is_ours,
        };
        self.event(at, message.mac.to_string(), what);
    }

    fn ipv6(&mut self, at: f64, datagram: &Datagram<'_>) {
        if !asks_to_boot_over_ipv6(datagram.payload) {
            return;
        }
        let client = self.name_of(datagram);
        if let Some(mac) = datagram.mac
            && (self.clients.len() < MAX_KNOWN || self.clients.contains_key(&mac))
        {
            self.clients.entry(mac).or_default().ipv6 = true;
        }
        self.event(at, client, What::Ipv6);
    }

    fn tftp_request(&mut self, at: f64, datagram: &Datagram<'_>) {
        let Ok(Tftp::ReadRequest(request)) = Tftp::parse(datagram.payload) else { return };
        self.asks_for(at, datagram, "TFTP", &String::from_utf8_lossy(request.name));
    }

    fn http_request(&mut self, at: f64, datagram: &Datagram<'_>) {
        let line = first_line(datagram.payload);
        let mut words = line.split(|byte| *byte == b' ');
        if let (Some(b"GET" | b"HEAD"), Some(target)) = (words.next(), words.next()) {
            self.asks_for(at, datagram, "HTTP", &String::from_utf8_lossy(target));
        }
    }

    fn asks_for(&mut self, at: f64, datagram: &Datagram<'_>, over: &'static str, name: &str) {
        let name = shorten(name);
        if let Some(mac) = datagram.mac
            && self.macs.len() < MAX_KNOWN
            && self.clients.contains_key(&mac)
        {
            self.macs.insert(datagram.from.ip(), mac);
        }
        if let Some(client) = datagram.mac.and_then(|mac| self.clients.get_mut(&mac)) {
            client.loads = true;
        }
        if self.names.len() >= MAX_KNOWN {
            self.names.clear();
        }
        self.names.insert(datagram.from, name.clone());
        let (client, server) = (self.name_of(datagram), datagram.to.ip().to_string());
        self.event(at, client, What::File { over, server, name });
    }

    /// An error of a server for a transfer whose request is in the capture.
    fn tftp_error(&mut self, at: f64, datagram: &Datagram<'_>) {
        let Some(name) = self.names.get(&datagram.to).cloned() else { return };
        if let Ok(Tftp::Error { code, message }) = Tftp::parse(datagram.payload) {
            let text = shorten(&String::from_utf8_lossy(message));
            self.refused(at, datagram, "TFTP", name, format!("error {code}: {text}"));
        }
    }

    fn http_answer(&mut self, at: f64, datagram: &Datagram<'_>) {
        let line = first_line(datagram.payload);
        if !line.starts_with(b"HTTP/1.") {
            return;
        }
        let status = line.get(9..).unwrap_or_default();
        if !matches!(status.first(), Some(b'4' | b'5')) {
            return;
        }
        let status = shorten(&String::from_utf8_lossy(status));
        if let Some(name) = self.names.get(&datagram.to).cloned() {
            self.refused(at, datagram, "HTTP", name, status);
        }
    }

    fn refused(&mut self, at: f64, datagram: &Datagram<'_>, over: &'static str, name: String, error: String) {
        let mac = self.macs.get(&datagram.to.ip()).copied();
        let canonical = match over {
            "TFTP" => name::from_tftp(name.as_bytes()),
            _ => name::from_http(name.as_bytes()),
        };
        // Loaders try names that need not exist.
        let is_news = !canonical.is_ok_and(|path| is_probe(&path));
        if let Some(client) = mac.and_then(|mac| self.clients.get_mut(&mac))
            && is_news
            && client.refused.len() < MAX_NAME
        {
            client.refused.insert((name.clone(), error.clone()));
        }
        let client = mac.map_or_else(|| datagram.to.ip().to_string(), |mac| mac.to_string());
        let server = datagram.from.ip().to_string();
        self.event(at, client, What::Refused { over, server, name: Some(name), error });
    }

    /// The sender, by its hardware address where it is one that asked to boot.
    fn name_of(&self, datagram: &Datagram<'_>) -> String {
        match datagram.mac {
            Some(mac) if self.clients.contains_key(&mac) || datagram.from.is_ipv6() => mac.to_string(),
            _ => datagram.from.ip().to_string(),
        }
    }

    fn event(&mut self, seconds: f64, client: String, what: What) {
        if let Some(last) = self.events.last_mut()
            && last.client == client
            && last.what == what
        {
            last.times = last.times.saturating_add(1);
        } else if self.events.len() < MAX_EVENTS {
            self.events.push(Event { seconds, client, what, times: 1 });
        } else {
            self.left_out += 1;
        }
    }
}

/// 255.255.255.255, or what may be the broadcast address of a subnet. A server is rarely at such an address, and then nothing
/// but the example address in the answer is lost.
fn is_broadcast_of(address: Ipv4Addr) -> bool {
    address.octets()[3] == 255
}

fn first_line(payload: &[u8]) -> &[u8] {
    let end = payload.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(payload.len());
    payload.get(..end.min(1024)).unwrap_or_default()
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(MAX_NAME) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Whether a DHCPv6 message asks for a boot file: it requests option 59 or states its architecture in option 61 (RFC 5970).
fn asks_to_boot_over_ipv6(message: &[u8]) -> bool {
    let mut rest = message.get(4..).unwrap_or_default();
    while let Some((header, behind)) = rest.split_first_chunk::<4>() {
        let [c0, c1, l0, l1] = *header;
        let Some((value, behind)) = behind.split_at_checked(usize::from(u16::from_be_bytes([l0, l1]))) else {
            return false;
        };
        match u16::from_be_bytes([c0, c1]) {
            61 => return true,
            6 if value.chunks_exact(2).any(|option| option == [0, 59]) => return true,
            _ => {}
        }
        rest = behind;
    }
    false
}
