use std::net::Ipv4Addr;

use super::*;
use crate::explain::testing::plan_of;
use crate::explain::{Client, Firmware};
use crate::serve::tree::FileTree;

fn follow_files(files: &[(&str, &str)]) -> Menus {
    let (plan, gathered) = plan_of(&[&[("p/menu.c32", ""), ("p/k", "kernel"), ("p/i", "initrd")], files].concat());
    let tree = FileTree::open(&plan, &gathered).unwrap();
    let shelf =
        Shelf { tree: &tree, plan: &plan, gathered: &gathered, server: Ipv4Addr::new(10, 0, 0, 2), client: None };
    follow(
        Place { file: "/p/first.cfg".into(), folder: "/p/".into() },
        &Known::of(&Client::of(Firmware::named("bios").unwrap()), None),
        &shelf,
    )
}

fn first(text: &str) -> LeadsTo {
    follow_files(&[("p/first.cfg", text)]).first
}

fn command_line(text: &str) -> String {
    match first(text) {
        LeadsTo::Kernel(boot) => boot.command_line,
        other => panic!("{other:?}"),
    }
}

fn stops(text: &str) -> String {
    match first(text) {
        LeadsTo::Stops { reason } => reason,
        other => panic!("{other:?}"),
    }
}

/// The order of the words is that of `/proc/cmdline` behind PXELINUX 6.
#[test]
fn a_command_line_has_the_words_that_pxelinux_adds() {
    let text = "DEFAULT a\nLABEL a\nLINUX k\nINITRD i,::/p/i\nAPPEND quiet \"a b\"\nSYSAPPEND 3\n";
    assert_eq!(
        command_line(text),
        "BOOT_IMAGE=k quiet \"a b\" initrd=i,::/p/i ip=<ip>:10.0.0.2:<gateway>:<netmask> BOOTIF=01-<mac>"
    );
    assert_eq!(
        command_line("DEFAULT a\nLABEL a\nKERNEL ::/p/k\nAPPEND initrd=i x\nIPAPPEND 0x6\n"),
        "BOOT_IMAGE=::/p/k x initrd=i BOOTIF=01-<mac> SYSUUID=<uuid>"
    );
}

#[test]
fn a_menu_shows_its_lines() {
    let files = [
        ("p/first.cfg", "UI menu.c32\nINCLUDE more.cfg\n"),
        (
            "p/more.cfg",
            "MENU TITLE T\nTIMEOUT 55\nLABEL a\nMENU LABEL ^One\nMENU DISABLE\nMENU SEPARATOR\nLABEL b\nLOCALBOOT 0\n\
             LABEL c\nMENU HIDE\nLABEL d\nCONFIG ::/q/next.cfg\nAPPEND ::/q/\nMENU BEGIN\nMENU LABEL Sub\nLABEL e\nCOM32 reboot.c32\nMENU END\n",
        ),
        ("q/next.cfg", "UI ::/p/menu.c32\nLABEL back\nCONFIG ::/p/first.cfg\nAPPEND ::/p/\nLABEL k\nLINUX kernel\n"),
        ("q/kernel", ""),
    ];
    let menus = follow_files(&files);
    let [first, second] = &menus.menus[..] else { panic!("{menus:?}") };
    assert_eq!((first.title.as_str(), first.seconds), ("T", Some(6)));
    let shown: Vec<_> = first
        .lines
        .iter()
        .map(|line| match line {
            Line::Gap => "gap".to_owned(),
            Line::Choice { title, highlighted, leads_to, .. } => format!("{title} {highlighted} {leads_to:?}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "One false Disabled",
            "gap",
            "b true LocalDisk",
            "d false Menu { menu: 1 }",
            "e false Stops { reason: \"`reboot.c32` is not there\" }"
        ]
    );
    assert!(matches!(&second.lines[0], Line::Choice { leads_to: LeadsTo::Menu { menu: 0 }, .. }), "{second:?}");
    assert!(matches!(&second.lines[1], Line::Choice { leads_to: LeadsTo::Kernel(_), .. }), "{second:?}");
}

#[test]
fn modules_that_choose_a_label_choose_it() {
    let text = "DEFAULT s\nLABEL s\nCOM32 whichsys.c32\nAPPEND -pxe- n -sys- s\nLABEL n\nCOM32 ifcpu64.c32\nAPPEND b -- c\n\
                LABEL b\nLOCALBOOT 0\n";
    assert_eq!(first(text), LeadsTo::LocalDisk);
}

#[test]
fn without_a_menu_module_there_is_a_prompt() {
    let menus = follow_files(&[("p/first.cfg", "LABEL a\nLOCALBOOT 0\n")]);
    assert_eq!(menus.first, LeadsTo::Menu { menu: 0 });
    assert_eq!(menus.menus[0].lines.len(), 1);
}

#[test]
fn mistakes_in_a_configuration_are_seen() {
    assert_eq!(stops(""), "`/p/first.cfg` has neither a menu nor a label");
    assert_eq!(stops("DEFAULT x\nLABEL a\n"), "`/p/first.cfg` has no label `x`");
    assert_eq!(stops("UI vesamenu.c32\n"), "`/p/first.cfg` needs `vesamenu.c32`, which is not there");
    assert_eq!(stops("INCLUDE lost.cfg\n"), "`/p/lost.cfg` is not there");
    assert_eq!(stops("INCLUDE first.cfg\n"), "`/p/first.cfg` includes too many files");
    assert_eq!(stops("DEFAULT a\nLABEL a\nCONFIG first.cfg\n"), "the configuration files go round in a circle");
    assert_eq!(stops("DEFAULT a\nLABEL a\nCOM32 ifcpu64.c32\nAPPEND a\n"), "the labels go round in a circle");
    assert_eq!(stops("DEFAULT a\nLABEL a\n"), "the label `a` says nothing to start");
    assert_eq!(stops("DEFAULT a\nLABEL a\nLINUX lost\n"), "`lost` is not there");
}

/// Of other servers nothing is known here.
#[test]
fn what_leads_away_is_not_followed() {
    for kernel in ["LINUX http://10.0.0.9/k", "LINUX k\nINITRD http://10.0.0.9/k"] {
        let url = "http://10.0.0.9/k".to_owned();
        assert_eq!(first(&format!("DEFAULT a\nLABEL a\n{kernel}\n")), LeadsTo::Elsewhere { url });
    }
}
