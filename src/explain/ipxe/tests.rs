use std::net::Ipv4Addr;

use super::*;
use crate::explain::testing::plan_of;
use crate::explain::{Client, Firmware};
use crate::serve::tree::FileTree;

/// Follows a script that stands beside two kernels and a loader.
fn follow_on(platform: &str, script: &str) -> Outcome {
    let (plan, gathered) = plan_of(&[("k", "kernel"), ("i", "initrd"), ("pxelinux/lpxelinux.0", "loader")]);
    let tree = FileTree::open(&plan, &gathered).unwrap();
    let shelf =
        Shelf { tree: &tree, plan: &plan, gathered: &gathered, server: Ipv4Addr::new(10, 0, 0, 2), client: None };
    let variables = BTreeMap::from([("platform".to_owned(), platform.to_owned())]);
    follow(script, variables, &Known::of(&Client::of(Firmware::named("uefi-arm64").unwrap()), None), &shelf)
}

fn menus(script: &str) -> Menus {
    match follow_on("efi", script) {
        Outcome::Menus(menus, _) => menus,
        Outcome::Chains(file, _) => panic!("chains {}", file.asks_for),
    }
}

fn first(script: &str) -> LeadsTo {
    menus(script).first
}

fn stops(script: &str) -> String {
    match first(script) {
        LeadsTo::Stops { reason } => reason,
        other => panic!("{other:?}"),
    }
}

const BOOT: &str = "kernel http://10.0.0.2/k quiet  ip=${netX/ip} mac=${net0/mac} || goto failed
initrd --name initrd0 http://10.0.0.2/i || goto failed
boot || goto failed
:failed
exit 1
";

#[test]
fn a_kernel_gets_its_name_in_front_as_uefi_gives_it() {
    let LeadsTo::Kernel(boot) = first(BOOT) else { panic!() };
    assert_eq!(boot.command_line, "k quiet ip=<ip> mac=<mac>");
    assert_eq!(boot.initrds.len(), 1);
    let Outcome::Menus(Menus { first: LeadsTo::Kernel(boot), .. }, _) = follow_on("pcbios", BOOT) else { panic!() };
    assert_eq!(boot.command_line, "quiet ip=<ip> mac=<mac>");
}

#[test]
fn a_condition_decides_as_in_ipxe() {
    let script = "iseq ${platform} efi && goto menu ||
chain http://10.0.0.2/lost || chain http://10.0.0.2/pxelinux/lpxelinux.0 || goto no_loader
:no_loader
exit 1
:menu
exit
";
    assert_eq!(menus(script).first, LeadsTo::LocalDisk);
    let Outcome::Chains(file, _) = follow_on("pcbios", script) else { panic!() };
    assert_eq!(file.asks_for, "http://10.0.0.2/pxelinux/lpxelinux.0");
    let lost = script.replace("lpxelinux", "other");
    let Outcome::Menus(menus, _) = follow_on("pcbios", &lost) else { panic!() };
    assert_eq!(menus.first, LeadsTo::Stops { reason: "`http://10.0.0.2/lost` is not there".to_owned() });
}

#[test]
fn menus_that_lead_to_each_other_are_there_once() {
    let menus = menus(
        ":a
menu First
item b Second
item --gap
item disk Disk
choose --timeout 30000 --default disk target || goto a
goto ${target}
:b
menu Second
item a Back
choose target || goto b
goto ${target}
:disk
exit 1
",
    );
    assert_eq!(menus.first, LeadsTo::Menu { menu: 0 });
    let [first, second] = &menus.menus[..] else { panic!("{menus:?}") };
    assert_eq!((first.title.as_str(), first.seconds, second.seconds), ("First", Some(30), None));
    let choice = |name: &str, title: &str, highlighted, leads_to| Line::Choice {
        name: name.to_owned(),
        title: title.to_owned(),
        highlighted,
        leads_to,
    };
    let expected = [
        choice("b", "Second", false, LeadsTo::Menu { menu: 1 }),
        Line::Gap,
        choice("disk", "Disk", true, LeadsTo::LocalDisk),
    ];
    assert_eq!(first.lines, expected);
    assert_eq!(second.lines, [choice("a", "Back", true, LeadsTo::Menu { menu: 0 })]);
}

#[test]
fn what_was_set_before_a_menu_is_known_behind_it() {
    let menus = menus(
        "set cpu x86\nmenu First\nitem b More\nchoose target || exit\ngoto ${target}\n:b\nmenu More\n\
         iseq ${cpu} x86 && item k Mine ||\niseq ${cpu} arm && item k Other ||\nitem k Last\nchoose target || exit\ngoto ${target}\n:k\nexit 1\n",
    );
    let titles: Vec<_> = menus.menus[1].lines.iter().map(|line| format!("{line:?}")).collect();
    assert_eq!(titles.len(), 2, "{titles:?}");
    assert!(titles[0].contains("Mine"), "{titles:?}");
}

/// What is not understood is shown, never guessed.
#[test]
fn a_line_beyond_it_is_shown_as_it_stands() {
    for line in [
        "imgverify x y",
        "iseq ${net0/chip} virtio || exit",
        "isset ${net0/ip}",
        "choose --menu m target",
        "chain --replace x",
    ] {
        assert!(matches!(first(line), LeadsTo::Unread { .. }), "{line}");
    }
}

/// A kernel is a program of UEFI, and for one processor.
#[test]
fn a_kernel_for_another_processor_is_seen() {
    let kernel = format!("MZ{}\u{40}{}PE\0\0\u{4c}\u{1}", "\0".repeat(0x3a), "\0".repeat(3));
    let (plan, gathered) = plan_of(&[("k", &kernel), ("i", "")]);
    let tree = FileTree::open(&plan, &gathered).unwrap();
    let shelf =
        Shelf { tree: &tree, plan: &plan, gathered: &gathered, server: Ipv4Addr::new(10, 0, 0, 2), client: None };
    let foreign = |firmware| {
        let known = Known::of(&Client::of(Firmware::named(firmware).unwrap()), None);
        match follow(BOOT, BTreeMap::new(), &known, &shelf) {
            Outcome::Menus(Menus { first: LeadsTo::Kernel(boot), .. }, _) => boot.foreign,
            _ => panic!("no kernel"),
        }
    };
    assert_eq!((foreign("uefi-x64"), foreign("http-ia32"), foreign("bios")), (Some("ia32"), None, None));
}

#[test]
fn mistakes_in_a_script_are_seen() {
    assert_eq!(stops("goto nowhere"), "the script has no label `nowhere`");
    assert_eq!(stops(":a\ngoto a"), "the script goes round in a circle");
    assert_eq!(stops("isset"), "the script ends at `isset`");
    assert_eq!(stops("boot"), "no kernel is loaded");
    assert_eq!(stops(&BOOT.replace("/i |", "/j |")), "`http://10.0.0.2/j` is not there");
}

/// Of other servers nothing is known here.
#[test]
fn what_leads_away_is_not_followed() {
    let elsewhere = |url: &str| LeadsTo::Elsewhere { url: url.to_owned() };
    assert_eq!(first(&BOOT.replace("10.0.0.2/k", "10.0.0.9/k")), elsewhere("http://10.0.0.9/k"));
    assert_eq!(first(&BOOT.replace("http://10.0.0.2/i", "https://10.0.0.2/i")), elsewhere("https://10.0.0.2/i"));
    assert_eq!(first("chain https://h/x || goto failed\n:failed\nexit 1\n"), elsewhere("https://h/x"));
    assert_eq!(first("dhcp ||\nshell\nreboot\n"), LeadsTo::Shell);
    assert_eq!(first("reboot --setup || exit 0"), LeadsTo::FirmwareSetup);
    assert_eq!(first("reboot || goto failed"), LeadsTo::Restart);
}
