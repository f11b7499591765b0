//! Captures for people.

use super::super::capture::{Capture, Event, What};
use super::super::step::{Answer, Offer, Problem};
use super::Page;

/// The width of a hardware address.
const CLIENT: usize = 17;
/// Where the text of an event begins, behind its time, its client and an arrow.
const TEXT: usize = 34;

/// What a capture shows, and what this spec says to it.
pub fn capture(name: &str, capture: &Capture) -> String {
    let mut page = Page::default();
    let Capture { packets, seconds, events, left_out, ordinary, findings, cut, .. } = capture;
    page.wrapped(0, "", &format!("{name}: {packets} packets in {seconds:.1} seconds"));
    super::server(&mut page, &capture.server);
    page.gap();
    if events.is_empty() {
        page.wrapped(0, "", "No client in it asks to boot from the network.");
    }
    for event in events {
        self::event(&mut page, event);
    }
    if *left_out > 0 {
        page.wrapped(0, "", &format!("… and {left_out} more such events, which are too many to show."));
    }
    page.gap();
    if *ordinary > 0 {
        page.wrapped(
            0,
            "",
            &format!(
                "{ordinary} DHCP messages of clients that did not ask to boot are left out: netspec never answers them."
            ),
        );
    }
    if let Some(cut) = cut {
        page.wrapped(0, "", &format!("The rest is unknown: {cut}."));
    }
    if findings.is_empty() && !events.is_empty() {
        page.wrapped(0, "", "Nothing is wrong in it as far as this can be seen.");
    }
    for Problem { what, change } in findings {
        page.gap();
        page.wrapped(0, "Wrong: ", what);
        if let Some(change) = change {
            page.wrapped(0, "What to do: ", change);
        }
    }
    page.text
}

fn event(page: &mut Page, event: &Event) {
    let Event { seconds, client, what, times } = event;
    let lead = format!("{seconds:9.3} s  {client:<CLIENT$} ");
    let again = if *times > 1 { format!(" ({times} times)") } else { String::new() };
    match what {
        What::Asked { message, answer } => {
            let class = match answer {
                Answer::Offer(Offer { client, .. }) => format!(" from {client}"),
                Answer::Silence { .. } => String::new(),
            };
            page.wrapped(0, &format!("{lead}-> "), &format!("{message}{class}{again}"));
            let ours = match answer {
                Answer::Offer(offer) => format!("this spec answers: {}", offer.file),
                Answer::Silence { reason, .. } => format!("this spec does not answer: {reason}"),
            };
            page.wrapped(TEXT, "", &ours);
        }
        What::Answered { server, message, address, file, is_ours, vendor_class } => {
            let mut parts = Vec::new();
            parts.extend(address.as_ref().map(|address| format!("address {address}")));
            parts.extend(file.as_ref().map(|file| format!("boot file {file}")));
            parts.extend(vendor_class.as_ref().filter(|_| !is_ours).map(|class| format!("option 60 {class}")));
            let as_ours = if *is_ours { ", as this spec says" } else { "" };
            let text = format!("{message} from {server}: {}{as_ours}{again}", parts.join(", "));
            page.wrapped(0, &format!("{lead}<- "), &text);
        }
        What::File { over, server, name } => {
            page.wrapped(0, &format!("{lead}-> "), &format!("asks {server} over {over} for {name}{again}"));
        }
        What::Refused { over, server, name, error } => {
            let name = name.as_deref().unwrap_or("a file");
            page.wrapped(0, &format!("{lead}<- "), &format!("{server} refuses {name} over {over}: {error}{again}"));
        }
        What::Ipv6 => {
            page.wrapped(0, &format!("{lead}-> "), &format!("asks over IPv6: IPv6 boot is not supported{again}"));
        }
    }
}
