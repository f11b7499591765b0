//! Rules, mode by mode, byte by byte.

use super::super::testing::Request;
use super::super::tlv::Tlv;
use super::super::{Architecture, Condition, Program, Rule};
use super::tests::{local, option, reply, silence, table};
use super::*;

fn rule(name: &str, when: Condition, then: Effect) -> Rule {
    Rule { name: name.to_owned(), when, then }
}

fn mode(mode: Mode) -> Effect {
    Effect { mode: Some(mode), ..Effect::default() }
}

fn arch(numbers: &[u16]) -> Condition {
    Condition { architectures: numbers.iter().copied().map(Architecture).collect(), ..Condition::default() }
}

fn on(port: ReceivedOn, rules: &[Rule], request: &Request) -> Verdict {
    let table = BootTable { rules: rules.to_vec(), ..table() };
    answer(&table, &BootRequest::parse(&request.bytes()).unwrap(), &local(port))
}

fn on_67(rules: &[Rule], request: &Request) -> Verdict {
    on(ReceivedOn::Dhcp67, rules, request)
}

fn all(then: Effect) -> Vec<Rule> {
    vec![rule("firmware all", Condition::default(), then)]
}

fn option_43(datagram: &[u8]) -> Option<Vec<u8>> {
    Tlv::new(&datagram[240..]).find(|(code, _)| *code == 43).map(|(_, value)| value.to_vec())
}

/// UE-12, UE-14, UE-15, BS-04, BS-08: the form of the offer to UEFI and to legacy BIOS in each mode. Only the mode `menu` sends a menu
/// of the firmware, which has one line of seven bytes; all other menus are those of iPXE, GRUB and PXELINUX.
#[test]
fn ue_12_each_mode_has_its_option_43() {
    let boot_now = Some(vec![6, 1, 8, 255]);
    let menu = Some(
        [&[6, 1, 7, 8, 7, 0x80, 0, 1, 10, 0, 0, 2, 9, 10, 0x80, 0, 7][..], b"netspec", &[10, 8, 0], b"netspec", &[255]]
            .concat(),
    );
    for (form, first, second) in [
        (Mode::Binl, None, None),
        (Mode::Pxe10, boot_now.clone(), None),
        (Mode::Both, None, Some(boot_now)),
        (Mode::Menu, menu, None),
    ] {
        let reply = reply(on_67(&all(mode(form)), &Request::uefi(1)));
        assert_eq!(option_43(&reply.bytes), first, "{form:?}");
        assert_eq!(reply.also.map(|datagram| option_43(&datagram)), second, "{form:?}");
        assert!(reply.bytes[108..].starts_with(b"ipxe/X64/snponly.efi\0"), "UE-04, UE-07");
        assert_eq!((reply.rule.as_deref(), reply.delay), (Some("firmware all"), Duration::ZERO));
    }
    // PXELINUX's options stand in option 43 only where there is one.
    let bios = |form: Mode| reply(on_67(&all(mode(form)), &Request::bios(1)));
    assert_eq!(option_43(&bios(Mode::Pxe10).bytes), Some([&[6, 1, 8, 209, 12][..], b"syslinux.cfg", &[255]].concat()));
    assert_eq!(option_43(&bios(Mode::Binl).bytes), None);
    assert_eq!(option(&bios(Mode::Binl), 209), Some(b"syslinux.cfg".to_vec()));
}

/// On port 4011 there is one answer, whatever the mode.
#[test]
fn ue_12_answers_once_on_4011() {
    for (form, vendor_options) in
        [(Mode::Binl, None), (Mode::Pxe10, Some(vec![6, 1, 8, 255])), (Mode::Both, None), (Mode::Menu, None)]
    {
        let ack = reply(on(ReceivedOn::Boot4011, &all(mode(form)), &Request::uefi(3)));
        assert_eq!((option(&ack, 43), ack.also), (vendor_options, None), "{form:?}");
    }
    let silent = all(mode(Mode::Silent));
    assert_eq!(
        silence(on(ReceivedOn::Boot4011, &silent, &Request::uefi(3))),
        "UEFI x64 (PXE): firmware all says to be silent"
    );
}

/// UE-12, VQ-02: the reason names the rule, and every class of clients can be left alone.
#[test]
fn ue_12_silence_names_its_rule() {
    let rules = [rule(
        "host desk",
        Condition { mac: Some("52:54:00:12:34:56".parse().unwrap()), ..Condition::default() },
        mode(Mode::Silent),
    )];
    for (request, class) in [
        (Request::bios(1), "PXE ROM on legacy BIOS"),
        (Request::uefi(1), "UEFI x64 (PXE)"),
        (Request::http(1), "UEFI x64 (HTTP Boot)"),
        (Request::ipxe(1), "iPXE on legacy BIOS"),
    ] {
        assert_eq!(silence(on_67(&rules, &request)), format!("{class}: host desk says to be silent"));
        let mut other = request;
        other.chaddr[5] = 0x57;
        assert_eq!(reply(on_67(&rules, &other)).rule, None);
    }
}

/// UE-12: every condition must hold, and the first rule that does is the only one that counts.
#[test]
fn ue_12_the_first_rule_that_fits_counts() {
    let class = |text: &str| Condition { vendor_class: Some(text.to_owned()), ..Condition::default() };
    let rules = [
        rule("host other", Condition { mac: Some("52:54:01".parse().unwrap()), ..arch(&[7]) }, mode(Mode::Silent)),
        rule("firmware arm", arch(&[11, 19]), mode(Mode::Silent)),
        rule("firmware old", class("PXEClient:Arch:00007:UNDI:002"), mode(Mode::Silent)),
        rule("firmware new", class("PXEClient:Arch:00007:UNDI:003"), mode(Mode::Pxe10)),
        rule("firmware rest", Condition::default(), mode(Mode::Silent)),
    ];
    let reply = reply(on_67(&rules, &Request::uefi(1)));
    assert_eq!((reply.rule.as_deref(), option(&reply, 43)), (Some("firmware new"), Some(vec![6, 1, 8, 255])));
    let nine = Request::uefi(1).with(93, &[0, 9]).with(60, b"PXEClient:Arch:00009:UNDI:003001");
    assert_eq!(silence(on_67(&rules, &nine)), "UEFI x64 (PXE): firmware rest says to be silent");
    let arm = Request::uefi(1).with(93, &[0, 11]);
    assert_eq!(silence(on_67(&rules, &arm)), "UEFI ARM64 (PXE): firmware arm says to be silent");
}

/// UE-12: the loader of a rule, for PXE and as a URL, and only for firmware that can execute it.
#[test]
fn ue_12_a_rule_has_its_own_loader() {
    let loader =
        Program { path: "grub/x64/shimx64.efi".to_owned(), architectures: [7, 9, 16].map(Architecture).to_vec() };
    let rules = all(Effect { loader: Some(loader), ..Effect::default() });
    let file = |request: &Request| reply(on_67(&rules, request)).file;
    assert_eq!(file(&Request::uefi(1)), "grub/x64/shimx64.efi");
    assert_eq!(file(&Request::http(1)), "http://10.0.0.2/grub/x64/shimx64.efi");
    assert_eq!(file(&Request::uefi(1).with(93, &[0, 11])), "ipxe/Arm64/snponly.efi");
    assert_eq!(file(&Request::bios(1)), "iso/arch/boot/syslinux/lpxelinux.0");
    assert_eq!(file(&Request::ipxe(1)), "http://10.0.0.2/boot.ipxe", "ST-02");

    let loader = Program { path: "ipxe/bios/undionly.kpxe".to_owned(), architectures: vec![Architecture(0)] };
    let rules = all(Effect { loader: Some(loader), ..Effect::default() });
    let bios = reply(on_67(&rules, &Request::bios(1)));
    assert_eq!((option(&bios, 43), option(&bios, 209)), (Some(vec![6, 1, 8, 255]), None), "no options of PXELINUX");
}

/// DH-38, DH-39, DH-53, G26: only an offer waits, and never that of iPXE.
#[test]
fn dh_39_delays_offers_but_not_to_ipxe() {
    let rules = all(Effect { delay_ms: 2000, ..Effect::default() });
    let delay = |verdict| reply(verdict).delay.as_millis();
    assert_eq!(delay(on_67(&rules, &Request::bios(1))), 2000);
    assert_eq!(delay(on_67(&rules, &Request::http(1))), 2000);
    assert_eq!(delay(on_67(&rules, &Request::ipxe(1))), 0);
    assert_eq!(delay(on(ReceivedOn::Boot4011, &rules, &Request::uefi(3))), 0);
    assert_eq!(reply(on_67(&rules, &Request::ipxe(1))).rule, None, "nothing is different for it");
}

/// The printed plan shows a rule in the words of the spec.
#[test]
fn prints_rules_as_data() {
    let when = Condition { mac: Some("b8:27:eb".parse().unwrap()), ..arch(&[41]) };
    let printed = serde_json::to_value(rule("firmware pi", when, Effect { delay_ms: 500, ..mode(Mode::Pxe10) }));
    assert_eq!(
        printed.unwrap(),
        serde_json::json!({
            "name": "firmware pi",
            "when": { "mac": "b8:27:eb", "architectures": [41] },
            "then": { "mode": "pxe10", "delay-ms": 500 },
        })
    );
}
