//! The LAN and its judge without a PC: a case is run as a person would, against servers that are a few lines of shell.
//!
//! Needs network namespaces (root, or user namespaces for everybody) and the programs `ip`, `ethtool` and `busybox`.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const HARNESS: &str = env!("CARGO_BIN_EXE_netspec-harness");

/// What a run left.
struct Run {
    status: Option<i32>,
    /// What the harness printed.
    said: String,
    /// What the server printed.
    server: String,
}

/// Runs the case of the ordinary client with a shell script in place of netspec.
fn run_against(script: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let netspec = folder.path().join("netspec");
    std::fs::write(&netspec, format!("#!/bin/sh\necho pid $$\n{script}\n")).unwrap();
    std::fs::set_permissions(&netspec, std::fs::Permissions::from_mode(0o755)).unwrap();
    // This case boots nothing, so the ISO only has to exist.
    std::fs::write(folder.path().join("archiso-today.iso"), "").unwrap();
    let output = Command::new(HARNESS)
        .args(["run", "ordinary_dhcp_client", "--evidence"])
        .arg(folder.path().join("evidence"))
        .arg("--isos")
        .arg(folder.path())
        .arg("--netspec")
        .arg(&netspec)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    let server = server_log(folder.path());
    let pid = server.lines().find_map(|line| line.strip_prefix("pid ")).expect("the script says its pid");
    assert!(!Path::new("/proc").join(pid).exists(), "the server still runs: {said}");
    Run { status: output.status.code(), said, server }
}

/// The server's log in the evidence of the only case of the only run.
fn server_log(folder: &Path) -> String {
    let run = std::fs::read_dir(folder.join("evidence")).unwrap().next().unwrap().unwrap().path();
    let case = std::fs::read_dir(run).unwrap().next().unwrap().unwrap().path();
    std::fs::read_to_string(case.join("server.log")).unwrap()
}

#[test]
fn a_client_beside_a_silent_server_passes_and_the_server_is_gone_afterwards() {
    let run = run_against("echo ready; exec sleep 600");
    assert_eq!(run.status, Some(0), "{}", run.said);
    assert_eq!(run.said.lines().last(), Some("1 passed, 0 failed, 0 skipped"));
}

#[test]
fn a_server_that_answers_an_ordinary_client_is_found_out() {
    let second = format!("{HARNESS} internal router --address 10.77.0.2 --pool 10.77.0.150 --siaddr own");
    let Run { status, said, .. } = run_against(&format!("exec {second}"));
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("the server sent") || said.contains("did not get 10.77.0.100 from 10.77.0.1"), "{said}");
    assert_eq!(said.lines().last(), Some("0 passed, 1 failed, 0 skipped"));
}

#[test]
fn a_server_that_does_not_start_is_named_with_its_last_words() {
    let Run { status, said, .. } = run_against("echo cannot bind port 67 >&2; exit 3");
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains("netspec has ended by itself (exit status: 3)"), "{said}");
    assert!(said.contains("cannot bind port 67"), "{said}");
}

#[test]
fn a_server_may_end_in_its_own_way() {
    let run = run_against("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.05; done");
    assert_eq!(run.status, Some(0), "{}", run.said);
    assert!(run.server.ends_with("bye\n"), "{}", run.server);
}
