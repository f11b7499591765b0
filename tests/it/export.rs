//! `netspec export dnsmasq`: dnsmasq takes every configuration, and what is lost is said.

use std::fs;
use std::process::Command;

use crate::support::{Folder, text, trees};

const ISO: &str = "iso \"debian\" \"isos/debian.iso\"\n";

fn folder(spec: &str) -> Folder {
    Folder::with_spec(&format!("{spec}{ISO}")).iso("debian.iso", "DEBIAN", &trees::debian_live())
}

/// The configuration, after dnsmasq has found it to be right.
fn exported(folder: &Folder, more: &[&str]) -> String {
    let config = folder.netspec_ok(&[&["export", "dnsmasq", "spec.kdl", "--server", "192.168.1.5"], more].concat());
    let file = folder.path("dnsmasq.conf");
    fs::write(&file, &config).unwrap();
    let output = Command::new("dnsmasq")
        .arg("--test")
        .arg(format!("--conf-file={}", file.display()))
        .output()
        .expect("dnsmasq is needed; `make setup` installs it");
    assert!(output.status.success(), "{}{config}", text(&output.stderr));
    config
}

#[test]
fn a_proxy_is_taken_by_dnsmasq_and_says_what_is_lost() {
    let folder = folder("network \"home\" { subnet \"192.168.1.0/24\" }\n");
    let config = exported(&folder, &[]);
    for line in [
        "#   netspec build spec.kdl -o out --server 192.168.1.5 --origin http://192.168.1.5",
        "dhcp-range=192.168.1.0,proxy,255.255.255.0",
        "pxe-service=0,\"Network boot\",pxelinux/lpxelinux.0",
        "dhcp-option=vendor:PXEClient,209,pxelinux.cfg/default",
        "pxe-service=tag:!ipxe,7,\"Network boot\",ipxe/x64/ipxe.efi",
        "dhcp-boot=tag:ipxe,tag:uefi,http://192.168.1.5/boot.ipxe",
        "# - as a proxy it does not answer UEFI HTTP Boot, only PXE",
    ] {
        assert!(config.lines().any(|found| found == line), "no `{line}` in\n{config}");
    }
    // The folder that it names is the one that the command in its head makes.
    folder.netspec_ok(&["build", "spec.kdl", "-o", "out", "--server", "192.168.1.5", "--origin", "http://192.168.1.5"]);
    let root = config.lines().find_map(|line| line.strip_prefix("tftp-root=")).unwrap();
    for file in ["pxelinux/lpxelinux.0", "pxelinux/pxelinux.cfg/default", "ipxe/x64/ipxe.efi", "boot.ipxe"] {
        assert!(std::path::Path::new(root).join(file).is_file(), "{root}/{file}");
    }
}

#[test]
fn a_dhcp_server_is_taken_by_dnsmasq_with_all_that_it_gives_out() {
    let folder = folder(
        "network \"lab\" {\n    subnet \"10.0.0.0/24\"\n    dhcp \"server\" {\n        range \"10.0.0.100-10.0.0.199\"\n        \
         lease \"1h\"\n        router \"10.0.0.1\"\n        dns \"10.0.0.1\" \"9.9.9.9\"\n    }\n}\n\
         host \"desk\" { mac \"52:54:00:aa:bb:cc\"; address \"10.0.0.50\"; mode \"pxe10\" }\n",
    );
    let config = exported(&folder, &["--origin", "http://web.example:8080/boot"]);
    for line in [
        "dhcp-range=set:net-lab,10.0.0.100,10.0.0.199,255.255.255.0,3600s",
        "dhcp-option=tag:net-lab,option:router,10.0.0.1",
        "dhcp-option=tag:net-lab,option:dns-server,10.0.0.1,9.9.9.9",
        "dhcp-host=52:54:00:aa:bb:cc,10.0.0.50",
        "dhcp-option-force=tag:http-x64,60,HTTPClient",
        "dhcp-boot=tag:http-x64,tag:!ipxe,http://web.example:8080/boot/ipxe/x64/ipxe.efi",
        "# - the rule `host desk`: dnsmasq has one form of offer for all",
    ] {
        assert!(config.lines().any(|found| found == line), "no `{line}` in\n{config}");
    }
}

#[test]
fn nginx_takes_its_configuration_and_the_address_must_be_known() {
    let folder = folder("network \"home\" { subnet \"203.0.113.0/24\" }\n");
    let block = folder.netspec_ok(&["export", "dnsmasq", "spec.kdl", "--server", "127.0.0.1", "--web", "nginx"]);
    let config = folder.path("nginx.conf");
    let place = folder.dir.path().display();
    let whole = format!("pid {place}/pid;\nerror_log {place}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{block}}}\n");
    fs::write(&config, whole).unwrap();
    let output = Command::new("nginx").arg("-t").arg("-c").arg(&config).arg("-e").arg(folder.path("log")).output();
    let output = output.expect("nginx is needed; `make setup` installs it");
    assert!(output.status.success(), "{}{block}", text(&output.stderr));

    let output = folder.netspec(&["export", "dnsmasq", "spec.kdl"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("say it with `--server ADDRESS`"), "{}", text(&output.stderr));
    let output =
        folder.netspec(&["export", "dnsmasq", "spec.kdl", "--server", "203.0.113.5", "--origin", "https://web"]);
    assert!(text(&output.stderr).contains("needs TLS"), "{}", text(&output.stderr));
}
