//! One DHCP message through the code that serves: the leases of a network whose DHCP server is netspec, then the proxy.

use super::advice;
use super::firmware::Firmware;
use super::step::{Answer, Offer};
use crate::plan::Plan;
use crate::proto::dhcp::lease::{Book, LeaseReply};
use crate::proto::dhcp::{
    BootRequest, ClientClass, Destination, Local, Reason, ReceivedOn, ServerMessage, VendorOptions, Verdict, answer,
};
use crate::resolve::DhcpMode;

/// What is said to a client.
pub(super) struct Said {
    /// For people.
    pub(super) answer: Answer,
    /// As the client reads it; `None` for silence.
    pub(super) message: Option<ServerMessage>,
    /// Why there is silence.
    pub(super) reason: Option<Reason>,
}

/// What is said to a request. `firmware` is what is asked about, where that is known.
pub(super) fn say(plan: &Plan, request: &BootRequest, local: &Local, firmware: Option<&Firmware>) -> Said {
    let verdict = answer(&plan.boot, request, local);
    if let Some(leased) = leased(plan, request, local)
        && let Some(message) = ServerMessage::parse(&leased.bytes)
    {
        let mut offer = offer(&message, leased.destination, local);
        "the spec makes netspec the DHCP server of this network: address and boot file come in one answer"
            .clone_into(&mut offer.why);
        if let Some(told) = leased.told {
            offer.client = told.client;
        }
        if let Verdict::Answer(reply) = verdict {
            offer.rule = reply.rule;
        }
        return Said { answer: Answer::Offer(offer), message: Some(message), reason: None };
    }
    match verdict {
        Verdict::Answer(reply) => {
            let Some(message) = ServerMessage::parse(&reply.bytes) else { return unreadable() };
            let mut offer = offer(&message, reply.destination, local);
            offer.why = advice::why(&reply.class, &message, local.port);
            offer.client = reply.class.to_string();
            offer.rule = reply.rule;
            offer.delay_ms = u64::try_from(reply.delay.as_millis()).unwrap_or(u64::MAX);
            offer.also = reply.also.and_then(|bytes| ServerMessage::parse(&bytes)).map(|also| words_of_43(&also));
            Said { answer: Answer::Offer(offer), message: Some(message), reason: None }
        }
        Verdict::Silence(reason) => {
            let change = advice::change(&reason, firmware);
            let answer = Answer::Silence { reason: reason.to_string(), change };
            Said { answer, message: None, reason: Some(reason) }
        }
    }
}

/// Only a bug gets here.
fn unreadable() -> Said {
    let answer = Answer::Silence { reason: "the answer cannot be read back".to_owned(), change: None };
    Said { answer, message: None, reason: None }
}

/// The answer of the address server, on a network that has netspec as its one, from an empty book of leases.
fn leased(plan: &Plan, request: &BootRequest, local: &Local) -> Option<LeaseReply> {
    if local.port != ReceivedOn::Dhcp67 {
        return None;
    }
    plan.networks.iter().find_map(|network| {
        let DhcpMode::Server(pool) = &network.dhcp else { return None };
        let mut book = Book::new(pool.clone(), [local.server.get()], []);
        if !book.is_of(local.server, request.giaddr) {
            return None;
        }
        let decision = book.decide(request, local.server, 0);
        LeaseReply::new(pool, &decision, request, &plan.boot, local)
    })
}

fn offer(message: &ServerMessage, destination: Destination, local: &Local) -> Offer {
    let text = |code: u8| message.option(code).map(|value| String::from_utf8_lossy(value).into_owned());
    Offer {
        message: message.message_type().map_or("DHCP answer", |kind| kind.name()),
        to: match destination {
            Destination::Broadcast => "everybody, UDP port 68".to_owned(),
            Destination::Client(_) => "the PC alone".to_owned(),
            Destination::Relay(relay) => format!("the relay {relay}"),
        },
        client: "a client that did not ask to boot".to_owned(),
        rule: None,
        delay_ms: 0,
        address: Some(message.yiaddr).filter(|address| !address.is_unspecified()),
        file: String::from_utf8_lossy(&message.file).into_owned(),
        server: if message.siaddr.is_unspecified() { local.server.get() } else { message.siaddr },
        vendor_class: text(60),
        vendor_options: message.vendor_options().map(|_| words_of_43(message)),
        also: None,
        config_file: text(209),
        path_prefix: text(210),
        why: String::new(),
    }
}

fn words_of_43(message: &ServerMessage) -> String {
    let Some(options) = message.vendor_options() else { return "none".to_owned() };
    if uses_file_now(&options) {
        "load the file at once".to_owned()
    } else if boot_server_type(&options).is_some() {
        "a menu of one line, which leads to a boot server".to_owned()
    } else {
        "instructions of PXE".to_owned()
    }
}

/// Bit 3 of PXE_DISCOVERY_CONTROL, option 43.6 (BS-04).
pub(super) fn uses_file_now(options: &VendorOptions) -> bool {
    options.get(6).is_some_and(|control| matches!(control, [bits] if bits & 8 != 0))
}

/// The type of the first line of a PXE menu, option 43.9; 0 there means the local disk.
pub(super) fn boot_server_type(options: &VendorOptions) -> Option<u16> {
    let kind = u16::from_be_bytes(*options.get(9)?.first_chunk()?);
    (kind != 0).then_some(kind)
}

/// Whether a class asks on port 4011 by itself.
pub(super) fn is_pxe(class: &ClientClass) -> bool {
    matches!(class, ClientClass::PxeBios | ClientClass::PxeUefi(_))
}
