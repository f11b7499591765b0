//! The unit for systemd: it is well-formed and hard, and netspec runs with no more than it grants.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use crate::support::net::{Class, Machine, Netspec};
use crate::support::{Folder, text, trees};

/// An ordinary user; it needs no name.
const USER: &str = "4711";
/// From 0, best, to 10; systemd calls everything below 2 "OK" or better.
const MAX_EXPOSURE: f64 = 1.9;

fn unit() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/systemd/netspec.service")).unwrap()
}

/// The words behind the last line with this key.
fn words(key: &str) -> Vec<String> {
    let unit = unit();
    let line = unit.lines().filter_map(|line| line.strip_prefix(&format!("{key}="))).next_back();
    line.unwrap_or_else(|| panic!("no {key}=")).split_whitespace().map(str::to_owned).collect()
}

/// The unit with the program that was built, which has to be there to be verified.
fn installed(folder: &Path) -> PathBuf {
    let [program, serve, _spec] = &words("ExecStart")[..] else { panic!("{:?}", words("ExecStart")) };
    assert_eq!((program.as_str(), serve.as_str()), ("/usr/local/bin/netspec", "serve"));
    let path = folder.join("netspec.service");
    fs::write(&path, unit().replace(program, env!("CARGO_BIN_EXE_netspec"))).unwrap();
    path
}

fn analyze(arguments: &[&str], unit: &Path) -> Output {
    let output = Command::new("systemd-analyze").args(arguments).arg(unit).env("SYSTEMD_COLORS", "0").output();
    output.expect("systemd-analyze is needed; `make setup` installs systemd")
}

#[test]
#[expect(clippy::print_stdout, reason = "the score is of interest where it is right, too")]
fn the_unit_is_well_formed_and_hard() {
    let folder = tempfile::tempdir().unwrap();
    let unit = installed(folder.path());
    let verified = analyze(&["verify"], &unit);
    assert!(verified.status.success(), "{}", text(&verified.stderr));
    assert!(!text(&verified.stderr).contains("netspec.service"), "{}", text(&verified.stderr));

    let judged = analyze(&["security", "--offline=true", "--no-pager"], &unit);
    let judged = text(&judged.stdout);
    let line =
        judged.lines().find(|line| line.contains("Overall exposure level")).unwrap_or_else(|| panic!("{judged}"));
    println!("{}", line.trim());
    let score: f64 = line.rsplit_once(": ").unwrap().1.split_whitespace().next().unwrap().parse().unwrap();
    assert!(score <= MAX_EXPOSURE, "{judged}");
}

/// What the unit grants, said to `setpriv`: the user, its capabilities and no way to more.
fn confined() -> Vec<String> {
    let capabilities = |key: &str| -> String {
        words(key).iter().map(|word| format!(",+{}", word.strip_prefix("CAP_").unwrap().to_ascii_lowercase())).collect()
    };
    assert_eq!(words("NoNewPrivileges"), ["yes"]);
    let ambient = capabilities("AmbientCapabilities");
    vec![
        "setpriv".to_owned(),
        format!("--reuid={USER}"),
        format!("--regid={USER}"),
        "--clear-groups".to_owned(),
        "--no-new-privs".to_owned(),
        format!("--inh-caps=-all{ambient}"),
        format!("--ambient-caps=-all{ambient}"),
        format!("--bounding-set=-all{}", capabilities("CapabilityBoundingSet")),
        "env".to_owned(),
    ]
}

/// SE-02: as an ordinary user with the two capabilities it gives out addresses, which needs both, serves files at ports below
/// 1024, also at addresses that come later, and tells the service manager when it is ready.
#[test]
fn serves_with_the_capabilities_of_the_unit_alone() {
    let (server, pcs) = (Machine::new(), Machine::new());
    server.cable("lan0", &pcs, "pc0");
    server.ip("address add 10.9.0.1/24 dev lan0");
    pcs.ip("address add 10.9.0.2/24 dev pc0");
    let spec = "network \"lab\" {\n    interface \"lan0\"\n    subnet \"10.9.0.0/24\"\n    \
                dhcp \"server\" {\n        range \"10.9.0.100-10.9.0.110\"\n        lease \"1h\"\n    }\n}\n\
                iso \"arch\" \"isos/arch.iso\"\n";
    let folder = Folder::with_spec(spec).iso("arch.iso", "ARCH_202611", &trees::archiso());
    fs::set_permissions(folder.dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let manager = UnixDatagram::bind(folder.path("notify")).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    fs::set_permissions(folder.path("notify"), fs::Permissions::from_mode(0o777)).unwrap();
    let mut before = confined();
    before.push(format!("NOTIFY_SOCKET={}", folder.path("notify").display()));
    for (variable, name) in [("STATE_DIRECTORY", "state"), ("CACHE_DIRECTORY", "cache")] {
        fs::create_dir(folder.path(name)).unwrap();
        chown(folder.path(name), USER.parse().ok(), USER.parse().ok()).unwrap();
        before.push(format!("{variable}={}", folder.path(name).display()));
    }
    let leases = folder.path("state/leases");
    let before: Vec<_> = before.iter().map(String::as_str).collect();
    let netspec = Netspec::start(&server, folder, &before);

    let mut bytes = [0; 64];
    let len = manager.recv(&mut bytes).unwrap();
    assert_eq!(text(&bytes[..len]), "READY=1");

    let status = fs::read_to_string(format!("/proc/{}/status", netspec.child.id())).unwrap();
    let of = |word: &str| status.lines().find_map(|line| line.strip_prefix(word)).unwrap().trim().to_owned();
    assert_eq!(of("Uid:"), [USER; 4].join("\t"));
    // CAP_NET_BIND_SERVICE and CAP_NET_RAW.
    assert_eq!((of("CapEff:"), of("CapBnd:")), ("0000000000002400".to_owned(), "0000000000002400".to_owned()));
    assert_eq!(of("NoNewPrivs:"), "1");
    assert!(!netspec.intro().contains("CAP_NET_RAW"), "{}", netspec.intro());

    let address = Ipv4Addr::new(10, 9, 0, 1);
    let offer = pcs.client("pc0").discover(Class::Bios, address);
    let [a, b, c, last] = offer.address().octets();
    assert!([a, b, c] == [10, 9, 0] && (100..=110).contains(&last), "{}", offer.address());
    assert!(pcs.fetch(&format!("http://{address}/boot.ipxe")).starts_with("#!ipxe\n"));
    assert!(pcs.fetch(&format!("tftp://{address}/boot.ipxe")).starts_with("#!ipxe\n"));
    assert!(leases.metadata().is_ok(), "leases are kept in $STATE_DIRECTORY");

    server.ip("address add 10.9.0.3/24 dev lan0");
    let later = ["--retry", "20", "--retry-connrefused", "--retry-delay", "1", "-sS", "http://10.9.0.3/boot.ipxe"];
    assert!(pcs.run("curl", &later).starts_with("#!ipxe\n"));
}
