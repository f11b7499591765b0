//! A home router's DHCP server: it hands out addresses and has never heard of network boot.
//!
//! It can be told to meddle: to send a vendor class or a boot file name of its own, as some routers do, or to hand out no
//! address and be a second boot server.
//!
//! [`Router::answer`] turns one message into one answer or none; [`serve`] puts it on a socket.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};

use super::dhcp::{ACK, DISCOVER, Message, NAK, OFFER, REQUEST};
use crate::error::{Context, Result};

/// What the built-in router puts into the header's `siaddr`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Siaddr {
    /// Zero: it names no boot server.
    Zero,
    /// Its own address, as many cheap routers do although they serve no files.
    Own,
}

/// The arguments of `internal router`.
#[derive(Debug, Clone, clap::Args)]
pub struct RouterArgs {
    /// The router's own address.
    #[arg(long)]
    address: Ipv4Addr,
    /// The first address of the pool, which ends at .199.
    #[arg(long)]
    pool: Ipv4Addr,
    /// What stands in `siaddr`.
    #[arg(long)]
    siaddr: Siaddr,
    /// The vendor class that it claims (option 60).
    #[arg(long)]
    class: Option<String>,
    /// The boot file name that it gives, in the header and in option 67.
    #[arg(long)]
    file: Option<String>,
    /// Whether it answers only clients that ask to boot, and gives them no address.
    #[arg(long)]
    proxy: bool,
}

/// How long a lease lasts, in seconds.
const LEASE: u32 = 3600;

/// The last byte of the pool's last address.
const POOL_END: u8 = 199;

/// The state of the router: who has which address.
#[derive(Debug)]
pub struct Router {
    args: RouterArgs,
    leases: BTreeMap<[u8; 16], Ipv4Addr>,
}

impl Router {
    /// A router without leases.
    pub fn new(args: RouterArgs) -> Self {
        Self { args, leases: BTreeMap::new() }
    }

    /// The answer to one message and where it goes (RFC 2131 sections 4.3.1 and 4.3.2).
    pub fn answer(&mut self, message: &Message) -> Option<(Message, Ipv4Addr)> {
        if message.op != 1 {
            return None;
        }
        match message.kind()? {
            DISCOVER if self.args.proxy => {
                let boots = message.option(60).is_some_and(|class| class.starts_with(b"PXEClient"));
                boots.then(|| (self.reply(message, OFFER, Ipv4Addr::UNSPECIFIED), Ipv4Addr::BROADCAST))
            }
            _ if self.args.proxy => None,
            DISCOVER => {
                let address = self.lease(message.chaddr)?;
                Some((self.reply(message, OFFER, address), Ipv4Addr::BROADCAST))
            }
            REQUEST => self.answer_request(message),
            _ => None,
        }
    }

    fn answer_request(&mut self, message: &Message) -> Option<(Message, Ipv4Addr)> {
        // A client that names another server has declined our offer.
        if message.address(54).is_some_and(|server| server != self.args.address) {
            return None;
        }
        let wanted = message.address(50).unwrap_or(message.ciaddr);
        let leased = self.lease(message.chaddr)?;
        if wanted != leased {
            let mut nak = self.reply(message, NAK, Ipv4Addr::UNSPECIFIED);
            nak.options.retain(|(code, _)| matches!(code, 53 | 54));
            return Some((nak, Ipv4Addr::BROADCAST));
        }
        // The broadcast spares this small server the raw socket that a unicast to a client without an address takes;
        // RFC 2131 section 4.1 allows it. A renewing client has an address and gets a unicast.
        let to = if message.ciaddr.is_unspecified() { Ipv4Addr::BROADCAST } else { message.ciaddr };
        Some((self.reply(message, ACK, leased), to))
    }

    /// The client's address: the one it has, or the next free one.
    fn lease(&mut self, client: [u8; 16]) -> Option<Ipv4Addr> {
        if let Some(address) = self.leases.get(&client) {
            return Some(*address);
        }
        let [a, b, c, first] = self.args.pool.octets();
        let free = (first..=POOL_END)
            .map(|last| Ipv4Addr::new(a, b, c, last))
            .find(|address| self.leases.values().all(|taken| taken != address))?;
        self.leases.insert(client, free);
        Some(free)
    }

    fn reply(&self, message: &Message, kind: u8, yiaddr: Ipv4Addr) -> Message {
        let own = self.args.address;
        let lease = [
            (51, LEASE.to_be_bytes().to_vec()),
            (1, vec![255, 255, 255, 0]),
            (3, own.octets().to_vec()),
            (6, own.octets().to_vec()),
        ];
        let mut options = vec![(53, vec![kind]), (54, own.octets().to_vec())];
        options.extend(lease.into_iter().filter(|_| !self.args.proxy));
        let text = |code: u8, text: &Option<String>| text.as_ref().map(|text| (code, text.as_bytes().to_vec()));
        options.extend(text(60, &self.args.class));
        options.extend(text(67, &self.args.file));
        Message {
            op: 2,
            xid: message.xid,
            flags: message.flags,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            yiaddr,
            siaddr: if self.args.siaddr == Siaddr::Own { own } else { Ipv4Addr::UNSPECIFIED },
            chaddr: message.chaddr,
            file: self.args.file.as_ref().map(|file| file.as_bytes().to_vec()).unwrap_or_default(),
            options,
        }
    }
}

/// `internal router`: answers DHCP on port 67 until the process is killed.
pub fn serve(args: RouterArgs) -> Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 67)).context("port 67")?;
    socket.set_broadcast(true).context("port 67")?;
    super::advertise::start(super::INTERFACE)?;
    super::announce()?;
    let mut router = Router::new(args);
    let mut buffer = [0; 2048];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).context("port 67")?;
        let Some(message) = Message::parse(&buffer[..length]) else { continue };
        let Some((answer, to)) = router.answer(&message) else { continue };
        super::say(&format!(
            "{from} kind {} of {:02x?} -> kind {} {} to {to}",
            message.kind().unwrap_or(0),
            &message.chaddr[..6],
            answer.kind().unwrap_or(0),
            answer.yiaddr,
        ))?;
        socket.send_to(&answer.encode(), SocketAddrV4::new(to, 68)).context("answering a client")?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);

    fn router(siaddr: Siaddr) -> Router {
        Router::new(RouterArgs { siaddr, ..args() })
    }

    fn args() -> RouterArgs {
        let pool = Ipv4Addr::new(10, 77, 0, 198);
        RouterArgs { address: OWN, pool, siaddr: Siaddr::Zero, class: None, file: None, proxy: false }
    }

    fn client(number: u8, kind: u8, options: &[(u8, Vec<u8>)]) -> Message {
        let mut chaddr = [0; 16];
        chaddr[5] = number;
        Message {
            op: 1,
            xid: [1, 2, 3, number],
            flags: 0x8000,
            ciaddr: Ipv4Addr::UNSPECIFIED,
            yiaddr: Ipv4Addr::UNSPECIFIED,
            siaddr: Ipv4Addr::UNSPECIFIED,
            chaddr,
            file: Vec::new(),
            options: [&[(53, vec![kind])], options].concat(),
        }
    }

    #[test]
    fn an_offer_survives_the_wire_and_names_router_and_name_server_but_no_boot_file() {
        let (offer, to) = router(Siaddr::Zero).answer(&client(1, DISCOVER, &[])).unwrap();
        let offer = Message::parse(&offer.encode()).unwrap();
        assert_eq!(to, Ipv4Addr::BROADCAST);
        assert_eq!((offer.op, offer.kind(), offer.xid), (2, Some(OFFER), [1, 2, 3, 1]));
        assert_eq!(offer.yiaddr, Ipv4Addr::new(10, 77, 0, 198));
        assert_eq!((offer.address(3), offer.address(6), offer.address(54)), (Some(OWN), Some(OWN), Some(OWN)));
        assert!(offer.siaddr.is_unspecified() && offer.file.iter().all(|byte| *byte == 0));
        assert!([43, 60, 66, 67].iter().all(|code| offer.option(*code).is_none()));
    }

    #[test]
    fn a_client_keeps_its_address_and_a_full_pool_is_silent() {
        let mut router = router(Siaddr::Own);
        let (first, _) = router.answer(&client(1, DISCOVER, &[])).unwrap();
        let (again, _) = router.answer(&client(1, DISCOVER, &[])).unwrap();
        let (second, _) = router.answer(&client(2, DISCOVER, &[])).unwrap();
        assert_eq!(first.siaddr, OWN);
        assert_eq!(first.yiaddr, again.yiaddr);
        assert_ne!(first.yiaddr, second.yiaddr);
        assert_eq!(router.answer(&client(3, DISCOVER, &[])), None);
    }

    #[test]
    fn a_request_is_granted_refused_or_left_to_the_server_it_names() {
        let mut router = router(Siaddr::Zero);
        let (offer, _) = router.answer(&client(1, DISCOVER, &[])).unwrap();
        let wanted = (50, offer.yiaddr.octets().to_vec());
        let (ack, _) = router.answer(&client(1, REQUEST, std::slice::from_ref(&wanted))).unwrap();
        assert_eq!((ack.kind(), ack.yiaddr), (Some(ACK), offer.yiaddr));

        let foreign = (50, vec![192, 168, 1, 5]);
        let (nak, _) = router.answer(&client(1, REQUEST, &[foreign])).unwrap();
        assert_eq!((nak.kind(), nak.option(51)), (Some(NAK), None));

        let other = (54, vec![10, 77, 0, 9]);
        assert_eq!(router.answer(&client(1, REQUEST, &[wanted, other])), None);
    }

    #[test]
    fn a_renewal_is_answered_to_the_address_of_the_client() {
        let mut router = router(Siaddr::Zero);
        let (offer, _) = router.answer(&client(1, DISCOVER, &[])).unwrap();
        let renewal = Message { ciaddr: offer.yiaddr, ..client(1, REQUEST, &[]) };
        assert_eq!(router.answer(&renewal).unwrap().1, offer.yiaddr);
    }

    #[test]
    fn it_meddles_where_it_is_told_to() {
        let texts = |class: &str, file: &str| (Some(class.to_owned()), Some(file.to_owned()));
        let (class, file) = texts("PXEClient", "theirs.0");
        let mut meddler = Router::new(RouterArgs { class: class.clone(), file: file.clone(), ..args() });
        let (offer, _) = meddler.answer(&client(1, DISCOVER, &[])).unwrap();
        let offer = Message::parse(&offer.encode()).unwrap();
        assert!(!offer.yiaddr.is_unspecified() && offer.file.starts_with(b"theirs.0\0"));
        assert_eq!((offer.option(60), offer.option(67)), (Some(&b"PXEClient"[..]), Some(&b"theirs.0"[..])));

        let mut rival = Router::new(RouterArgs { class, file, proxy: true, siaddr: Siaddr::Own, ..args() });
        assert_eq!(rival.answer(&client(1, DISCOVER, &[])), None, "an ordinary client");
        let boots = client(1, DISCOVER, &[(60, b"PXEClient:Arch:00000".to_vec())]);
        let (offer, _) = rival.answer(&boots).unwrap();
        assert_eq!((offer.yiaddr, offer.siaddr, offer.option(51)), (Ipv4Addr::UNSPECIFIED, OWN, None));
        assert_eq!(rival.answer(&client(1, REQUEST, &[])), None);
    }

    #[test]
    fn damaged_messages_are_no_messages() {
        let whole = client(1, DISCOVER, &[(60, b"PXEClient".to_vec())]).encode();
        for end in 0..240 {
            assert_eq!(Message::parse(&whole[..end]), None, "{end}");
        }
        // The option says nine bytes and the message has fewer.
        assert_eq!(Message::parse(&whole[..248]), None);
    }
}
