//! What a capture says is wrong, in sentences.

use super::super::step::Problem;
use super::state::{Client, State, Told};
use crate::net::MacAddr;

/// A client that began anew as often as this goes round in a circle; a boot has one or two beginnings of each kind.
const CIRCLE: usize = 4;

impl State<'_> {
    /// What is wrong, client after client; what is said of several clients alike is said once.
    pub(super) fn findings(&self) -> Vec<Problem> {
        let mut findings = Vec::new();
        let mut add = |what: String, change: String| {
            let problem = Problem { what, change: Some(change) };
            if !findings.contains(&problem) {
                findings.push(problem);
            }
        };
        for client in self.clients.values() {
            client.told.iter().for_each(|told| rival(told, &mut add));
        }
        for (mac, client) in &self.clients {
            exchange(*mac, client, &mut add);
        }
        findings
    }
}

/// UE-08, UE-09, HB-04: other servers that tell clients how to boot.
fn rival(told: &Told, add: &mut impl FnMut(String, String)) {
    let Told { server, file, vendor_class, with_address } = told;
    let named = file.as_ref().map_or_else(|| "no file".to_owned(), |file| format!("the file `{file}`"));
    match (vendor_class, with_address) {
        (Some(class), true) => add(
            format!("the DHCP server {server} says that it is a boot server, too (option 60 is `{class}`, {named})"),
            "take option 60 and the boot file out of that server's settings: UEFI prefers an address and a boot file \
             from one server, and asks that server on port 4011"
                .to_owned(),
        ),
        (None, true) => add(
            format!("the DHCP server {server} names a boot file of its own: {named}"),
            "take the boot file (option 67, or `filename`, often called network boot or PXE) out of that server's \
             settings: some PCs load it instead of netspec's"
                .to_owned(),
        ),
        (_, false) => add(
            format!("another boot server is on this network: {server} offers {named}"),
            "switch it off, or serve from it alone: which of two boot servers a PC listens to is a matter of chance. \
             If it is netspec, it serves another spec than this one"
                .to_owned(),
        ),
    }
}

fn exchange(mac: MacAddr, client: &Client, add: &mut impl FnMut(String, String)) {
    if let Some((reason, Some(change))) = client.silence.as_ref().filter(|_| !client.would_answer) {
        add(format!("{mac} gets no answer from this spec: {reason}"), change.clone());
    }
    if client.would_answer && !client.ours_seen {
        add(
            format!("this spec has an answer for {mac}, and nobody gave it"),
            "start `netspec serve` on this network, and let UDP ports 67 and 4011 through its firewall; or the capture \
             was made at a place that does not see its answers"
                .to_owned(),
        );
    }
    if client.would_answer && !client.address_offered {
        add(
            format!("no DHCP server offered an address to {mac}"),
            "netspec hands out no addresses by itself: the network needs a DHCP server besides, as every router has one"
                .to_owned(),
        );
    }
    if client.asked_4011 && !client.answered_4011 {
        add(
            format!("{mac} asked on port 4011 and got no answer"),
            "let UDP port 4011 through the firewall of the machine that serves".to_owned(),
        );
    }
    if client.ours_seen && !client.loads && (!client.asked_4011 || client.answered_4011) {
        add(
            format!("{mac} was told its boot file, and asked nobody for it"),
            "if another server is named above, start there. Else the capture may have ended too early, or been made where \
             the PC's TFTP and HTTP do not pass; some firmware listens to the DHCP server alone"
                .to_owned(),
        );
    }
    for (class, begins) in &client.begins {
        if begins.len() >= CIRCLE && !class.is_empty() {
            add(
                format!("{mac} began {} times, as {class}", begins.len()),
                "look at its screen for what it says each time; the lines above show how far it got".to_owned(),
            );
        }
    }
    for (name, error) in &client.refused {
        add(
            format!("{mac} asked for `{name}` and was refused: {error}"),
            "see with `netspec explain SPEC --arch …` what it should ask for".to_owned(),
        );
    }
    if client.ipv6 && client.begins.is_empty() {
        add(
            format!("{mac} asks to boot over IPv6, which netspec does not support"),
            "choose network boot over IPv4 in the PC's setup".to_owned(),
        );
    }
}
