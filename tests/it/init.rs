//! `netspec init`: a first spec from what is there, on a machine of its own.

use std::fs;

use netspec::spec::layout;

use crate::support::net::Machine;
use crate::support::{Folder, build_iso, text, trees};

/// A machine on one network, and a folder.
struct Lab {
    machine: Machine,
    _other: Machine,
    folder: Folder,
}

impl Lab {
    fn new() -> Self {
        let (machine, other) = (Machine::new(), Machine::new());
        machine.cable("lan0", &other, "pc0");
        machine.ip("address add 10.20.0.1/16 dev lan0");
        let folder = Folder::with_spec("");
        fs::remove_file(folder.path("spec.kdl")).unwrap();
        Self { machine, _other: other, folder }
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = self.machine.command(env!("CARGO_BIN_EXE_netspec"));
        let output = command.args(args).current_dir(self.folder.dir.path()).output().unwrap();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    fn written(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path(name)).unwrap()
    }

    /// The file passes `check` here, and is in form.
    fn passes(&self, name: &str) {
        assert_eq!(self.run(&["fmt", "--check", name]), (0, String::new(), String::new()));
        let (code, shown, _) = self.run(&["check", name]);
        assert_eq!(code, 0, "{shown}");
    }
}

#[test]
fn one_iso_and_one_network_are_enough() {
    let mut lab = Lab::new();
    lab.folder = lab.folder.iso("Arch Linux (2026).iso", "ARCH_202611", &trees::archiso());
    let (code, shown, errors) = lab.run(&["init"]);
    assert_eq!((code, errors.as_str()), (0, ""), "{shown}");
    insta::assert_snapshot!(lab.written("netspec.kdl"));
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines[0], "netspec.kdl is written, from what is here:", "{shown}");
    assert_eq!(lines[1], "  networks  10.20.0.0/16 on lan0", "{shown}");
    assert_eq!(lines[2], "  ISOs      isos/Arch Linux (2026).iso: Arch Linux (archiso)", "{shown}");
    assert!(lines[3].starts_with("  loaders   "), "{shown}");
    assert!(shown.ends_with("Next: read it, then\n  netspec check netspec.kdl\n  sudo netspec serve netspec.kdl\n"));
    lab.passes("netspec.kdl");
}

#[test]
fn several_isos_get_a_menu_and_what_cannot_be_booted_is_named() {
    let mut lab = Lab::new();
    for name in ["DEBIAN.ISO", "debian-live-12.8.0-amd64-standard.iso"] {
        lab.folder = lab.folder.iso(name, "Debian", &trees::debian_live());
    }
    for (name, tree) in [("debian.iso", trees::debian_live()), ("{arch}.iso", trees::archiso())] {
        build_iso(&lab.folder.path(name), "SOME_LABEL", &tree);
    }
    build_iso(&lab.folder.path("other.iso"), "OTHER", &[("readme.txt", "nothing to boot".into())]);
    fs::write(lab.folder.path("page.iso"), "<html>Not found</html>".repeat(4000)).unwrap();
    fs::create_dir_all(lab.folder.path("isos/deep")).unwrap();
    fs::copy(lab.folder.path("debian.iso"), lab.folder.path("isos/deep/deeper.iso")).unwrap();
    fs::copy(lab.folder.path("debian.iso"), lab.folder.path(".hidden.iso")).unwrap();

    let (code, shown, _) = lab.run(&["init", ".", "-o", "isos/lab.kdl"]);
    assert_eq!(code, 0, "{shown}");
    let place = lab.folder.dir.path().canonicalize().unwrap();
    let written = lab.written("isos/lab.kdl").replace(place.to_str().unwrap(), "/folder");
    // The column of its comments depends on where temporary folders are.
    insta::assert_snapshot!(layout::format(&written).unwrap());
    lab.passes("isos/lab.kdl");
}

#[test]
fn without_an_iso_there_is_an_example_and_a_clear_message() {
    let lab = Lab::new();
    let (code, shown, errors) = lab.run(&["init", "isos"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(lab.written("isos/netspec.kdl"));
    assert!(shown.contains("  ISOs      none in isos that netspec can boot by itself; the spec says how to add one\n"));
    assert!(errors.contains("netspec::nothing-to-boot"), "{errors}");
    assert_eq!(lab.run(&["fmt", "--check", "isos/netspec.kdl"]).0, 0);
}

#[test]
fn nothing_is_ever_overwritten() {
    let lab = Lab::new();
    let file = lab.folder.path("netspec.kdl");
    fs::write(&file, "mine").unwrap();
    std::os::unix::fs::symlink("nowhere", lab.folder.path("link.kdl")).unwrap();
    for args in [&["init"][..], &["init", "-o", "netspec.kdl"], &["init", "-o", "link.kdl"]] {
        let (code, shown, errors) = lab.run(args);
        assert_eq!((code, shown.as_str()), (1, ""), "{args:?}");
        assert!(errors.contains("is there already and stays as it is\n  help: "), "{errors}");
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    assert!(!lab.folder.path("nowhere").exists());

    // On standard output there is only the spec.
    let (code, shown, errors) = lab.run(&["init", "-o", "-"]);
    assert_eq!(code, 0);
    assert!(shown.starts_with("// What PCs boot over the network."), "{shown}");
    assert!(errors.starts_with("  networks  10.20.0.0/16 on lan0\n"), "{errors}");
    assert_eq!(lab.run(&["init", "missing"]).0, 1);
}
