//! `netspec check` of a spec with thousands of machines, beside a lock whose digests are known.
//!
//! Run with `cargo bench --bench check`. What must hold: 10,000 hosts, 200 entries and 50 ISOs in less than 100 ms of processor
//! time and 64 MiB, and 50 ISOs alone in less than 50 ms and kilobytes read. Time is that of the processor, because others may use
//! the machine; the time on the clock stands beside it.

#![allow(clippy::print_stdout, reason = "a benchmark prints what it measured")]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use netspec::cli::compile::compile_as;
use netspec::facts::Use;
use netspec::lock::{Cache, LockMode, Quiet, Setting};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

#[path = "../it/support/counting.rs"]
mod counting;

use counting::Counting;

const ISOS: usize = 50;
const ENTRIES: usize = 200;
const RUNS: usize = 15;

fn main() {
    // The benchmark starts itself again to measure one process: the peak of memory is that of all children so far.
    if let [_, flag, spec] = &std::env::args().collect::<Vec<_>>()[..]
        && flag == "--once"
    {
        return once(spec);
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    build_isos(folder);
    println!("{:>24}  {:>12}  {:>12}  {:>10}  {:>10}", "", "processor", "clock", "peak", "read");
    for hosts in [0, 100, 1_000, 10_000] {
        let spec = folder.join(format!("{hosts}-hosts.kdl"));
        fs::write(&spec, text(hosts)).unwrap();
        netspec(folder, &["lock", spec.to_str().unwrap()]);
        // The first one learns what the files of loaders are.
        netspec(folder, &["check", "--no-host", spec.to_str().unwrap()]);
        let mut runs: Vec<_> = (0..RUNS).map(|_| measured(folder, &spec)).collect();
        runs.sort();
        let (cpu, _, _) = runs[RUNS / 2];
        let clock = runs.iter().map(|run| run.1).min().unwrap();
        let peak = runs.iter().map(|run| run.2).max().unwrap();
        let what = format!("{hosts} hosts, {ISOS} ISOs");
        println!(
            "{what:>24}  {:>12}  {:>12}  {:>6} KiB  {:>6} KiB",
            ms(cpu),
            ms(clock),
            peak,
            read(folder, &spec) / 1024
        );
    }
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

/// Small ISOs of a live system; each is a file of its own.
fn build_isos(folder: &Path) {
    let tree = folder.join("tree/live");
    fs::create_dir_all(&tree).unwrap();
    for (name, size) in [("vmlinuz", 9_000), ("initrd.img", 20_000), ("filesystem.squashfs", 1_000_000)] {
        fs::write(tree.join(name), vec![b'.'; size]).unwrap();
    }
    let first = folder.join("0.iso");
    let output = Command::new("xorriso")
        .args(["-as", "mkisofs", "-quiet", "-rational-rock", "-volid", "LIVE", "-o"])
        .args([&first, &folder.join("tree")])
        .output()
        .expect("xorriso is needed; `make setup` installs it");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for n in 1..ISOS {
        fs::copy(&first, folder.join(format!("{n}.iso"))).unwrap();
    }
}

fn text(hosts: usize) -> String {
    let mut text = String::from(
        "network \"lab\" {\n    subnet \"10.0.0.0/8\"\n    dhcp \"server\" { range \"10.1.0.1-10.1.3.200\" }\n}\n",
    );
    for iso in 0..ISOS {
        text.push_str(&format!("iso \"live-{iso}\" \"{iso}.iso\"\n"));
    }
    text.push_str("menu \"main\" {\n");
    for entry in 0..ENTRIES {
        text.push_str(&format!("    entry \"e{entry}\" iso=\"live-{}\" title=\"Live system {entry}\"\n", entry % ISOS));
    }
    text.push_str("}\n");
    for host in 0..hosts {
        let (high, low) = (host >> 8, host & 255);
        text.push_str(&format!(
            "host \"h{host:05}\" {{ mac \"52:54:00:00:{high:02x}:{low:02x}\"; address \"10.2.{high}.{low}\" }}\n"
        ));
    }
    text
}

fn netspec(folder: &Path, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_netspec"))
        .args(args)
        .env("NETSPEC_CACHE", folder.join("cache"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("netspec::lock-stale"), "{said}");
}

/// One `netspec check` in a process of its own: processor time, time on the clock, and peak of memory in KiB.
fn measured(folder: &Path, spec: &Path) -> (Duration, Duration, i64) {
    let output = Command::new(std::env::current_exe().unwrap())
        .args([Path::new("--once"), spec])
        .env("NETSPEC_CACHE", folder.join("cache"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let numbers: Vec<i64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [cpu, clock, peak] = numbers[..] else { panic!("{text}{}", String::from_utf8_lossy(&output.stderr)) };
    let time = |microseconds: i64| Duration::from_micros(microseconds.unsigned_abs());
    (time(cpu), time(clock), peak)
}

fn once(spec: &str) {
    let started = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_netspec"))
        .args(["check", "--no-host", spec])
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    let clock = started.elapsed();
    assert!(status.success());
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let cpu = (usage.user_time() + usage.system_time()).num_microseconds();
    println!("{cpu} {} {}", clock.as_micros(), usage.max_rss());
}

/// How many bytes a check reads through the world.
fn read(folder: &Path, spec: &Path) -> u64 {
    let world = Counting::default();
    let cache = Cache::open(Some(&folder.join("cache")));
    let setting = Setting { lock: Some(LockMode::Use), what_for: Use::Planning, cache: &cache, progress: &Quiet };
    assert!(!compile_as(spec, &world, &setting).findings.has_errors());
    world.0.load(Ordering::Relaxed)
}
