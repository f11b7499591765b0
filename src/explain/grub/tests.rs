use std::net::Ipv4Addr;

use super::*;
use crate::explain::testing::plan_of;
use crate::explain::{Client, Firmware};
use crate::serve::tree::FileTree;

fn follow_files(device: &str, files: &[(&str, &str)]) -> Menus {
    let (plan, gathered) = plan_of(&[&[("k", "kernel"), ("i", "initrd")], files].concat());
    let tree = FileTree::open(&plan, &gathered).unwrap();
    let shelf =
        Shelf { tree: &tree, plan: &plan, gathered: &gathered, server: Ipv4Addr::new(10, 0, 0, 2), client: None };
    let client = Client::of(Firmware::named("http-x64").unwrap());
    let start = Start { device: device.to_owned(), cpu: "x86_64", mac: client.chaddr() };
    follow("/grub/grub.cfg", &start, &Known::of(&client, None), &shelf).0
}

const FIRST: &str = r#"set from="$root"
if [ "$root" = "tftp,10.0.0.2" ]; then
    source (http,10.0.0.2)/grub/http.cfg
fi
set bootif="01-$net_default_mac"
if regexp --set=1:a --set=2:b --set=3:c --set=4:d --set=5:e --set=6:f '^(..):(..):(..):(..):(..):(..)$' "$net_default_mac"; then
    set bootif="01-$a-$b-$c-$d-$e-$f"
fi
if [ "$grub_cpu" = arm64 ]; then
    set cpu=aa64
else
    set cpu=x64
fi
export from bootif cpu
source "($from)/grub/menu.cfg"
"#;

const MENU: &str = r#"set default='two'
set timeout=5
menuentry 'One' --id 'one' {
    linux "($from)/k" 'quiet' 'a b' "BOOTIF=$bootif" "cpu=$cpu"
    initrd "($from)/i"
}
menuentry ' ' {
    true
}
menuentry 'Two' --id 'two' {
    for loader in /EFI/debian/shim${cpu}.efi; do
        if search --set=disk $loader; then
            boot
        fi
    done
    exit 1
}
menuentry 'More' --id 'more' {
    configfile "($from)/grub/more.cfg"
}
"#;

const MORE: &str = "set timeout=-1\nmenuentry 'Back' --id '.back' {\n    configfile \"($from)/grub/menu.cfg\"\n}\n";

#[test]
fn a_menu_starts_kernels_over_what_grub_came_over() {
    let files = [("grub/grub.cfg", FIRST), ("grub/menu.cfg", MENU), ("grub/more.cfg", MORE)];
    let over = |device: &str, files: &[(&str, &str)]| {
        let menus = follow_files(device, files);
        let [first, more] = &menus.menus[..] else { panic!("{menus:?}") };
        assert_eq!((first.seconds, more.seconds), (Some(5), None));
        let lines: Vec<_> = first
            .lines
            .iter()
            .map(|line| match line {
                Line::Gap => String::new(),
                Line::Choice { title, highlighted, leads_to: LeadsTo::Kernel(_), .. } => {
                    format!("{title} {highlighted}")
                }
                Line::Choice { title, highlighted, leads_to, .. } => format!("{title} {highlighted} {leads_to:?}"),
            })
            .collect();
        let back = Line::Choice {
            name: ".back".to_owned(),
            title: "Back".to_owned(),
            highlighted: true,
            leads_to: LeadsTo::Menu { menu: 0 },
        };
        assert_eq!(more.lines, [back]);
        assert_eq!(lines, ["One false", "", "Two true LocalDisk", "More false Menu { menu: 1 }"]);
        menus.boots().map(|boot| boot.command_line.clone()).next().unwrap()
    };
    assert_eq!(over("http,10.0.0.2", &files), "BOOT_IMAGE=(http,10.0.0.2)/k quiet \"a b\" BOOTIF=01-<mac> cpu=x64");
    let with_http = [&files[..], &[("grub/http.cfg", "set from=http,10.0.0.2\n")]].concat();
    assert!(over("tftp,10.0.0.2", &with_http).starts_with("BOOT_IMAGE=(http,10.0.0.2)/k "));
    assert!(over("tftp,10.0.0.2", &files).starts_with("BOOT_IMAGE=(tftp,10.0.0.2)/k "));
}

#[test]
fn what_grub_cannot_do_is_seen() {
    let first = |text: &str| follow_files("http,10.0.0.2", &[("grub/grub.cfg", text)]).first;
    let stops = |text: &str| match first(text) {
        LeadsTo::Stops { reason } => reason,
        other => panic!("{other:?}"),
    };
    assert_eq!(stops(""), "`/grub/grub.cfg` has no menu");
    assert_eq!(stops("source /grub/grub.cfg"), "the scripts go round in a circle");
    assert_eq!(stops("configfile /lost"), "`/lost` is not there");
    assert_eq!(stops("configfile (http,10.0.0.9)/x"), "`(http,10.0.0.9)/x` leads to another server");
    for line in ["insmod_all", "if foo; then", "if regexp x y; then"] {
        assert_eq!(first(line), LeadsTo::Unread { line: line.to_owned() });
    }
    let entry = |block: &str| {
        let menus = follow_files("http,10.0.0.2", &[("grub/grub.cfg", &format!("menuentry 'a' {{\n{block}\n}}\n"))]);
        match &menus.menus[0].lines[0] {
            Line::Choice { leads_to, .. } => format!("{leads_to:?}"),
            Line::Gap => panic!(),
        }
    };
    assert!(entry("linux /lost").contains("`/lost` is not there"));
    assert!(entry("true").contains("says nothing to start"));
    assert!(entry("halt").contains("Unread"));
}
