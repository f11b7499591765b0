//! Small recordings of what each firmware asks, for tests that need no emulator: DHCP, and the requests for the first files.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use crate::bench::Options;
use crate::case::{Outcome, Summary};
use crate::error::{Context, Error, Result};
use crate::lab::frame::Frame;
use crate::lab::pcap::{self, PcapWriter, Record};
use crate::matrix;
use crate::matrix::rows::{ROWS, Row};
use crate::qemu::PC_MAC;
use crate::{evidence, runner};

/// A recording is at most this long, in bytes.
const LONGEST: usize = 20_000;

/// Boots the rows whose names contain one of `filters` as far as their menu, and keeps a recording of each in `into`.
pub fn run(filters: &[String], options: &Options, root: &Path, into: &Path) -> Result<bool> {
    let run = evidence::new_run(root)?;
    std::fs::create_dir_all(into).context(into.display())?;
    let mut reports = Vec::new();
    let wanted = |row: &&Row| filters.is_empty() || filters.iter().any(|filter| row.name.contains(filter.as_str()));
    for row in ROWS.iter().filter(wanted) {
        let Some(cell) = matrix::select(&[format!("{}/", row.name)], false).first().copied() else { continue };
        let name = format!("capture-{}", row.name);
        let mut report = runner::run_case(&name, &|bench| matrix::to_the_menu(bench, cell), options, &run, false)?;
        if report.outcome == Outcome::Passed {
            let pcap = run.join(&report.folder).join("net.pcap");
            if let Err(error) = keep(&pcap, &into.join(format!("{}.pcap", row.name))) {
                report.outcome = Outcome::Failed(error.to_string());
            }
        }
        runner::print(&report.to_string())?;
        reports.push(report);
    }
    let summary = Summary::of(&reports);
    runner::print(&summary.to_string())?;
    Ok(summary.is_good() && !reports.is_empty())
}

/// Writes the frames that tell what the PC asked, with times from 0, so that a recording tells nothing of when it was made.
fn keep(from: &Path, to: &Path) -> Result<()> {
    let mut records = Vec::new();
    pcap::read(BufReader::new(File::open(from).context(from.display())?), |record| records.push(record))?;
    let mut bytes = Vec::new();
    let mut writer = PcapWriter::new(&mut bytes)?;
    let (mut start, mut length) = (None, 0);
    for record in records.iter().filter(|record| tells(record)) {
        length += 16 + record.bytes.len();
        if length > LONGEST - 24 {
            break;
        }
        let since = record.at.saturating_sub(*start.get_or_insert(record.at));
        // Milliseconds are enough to see what waited for what.
        let since = Duration::from_millis(since.as_millis().try_into().unwrap_or(u64::MAX));
        writer.frame(UNIX_EPOCH + since, &record.bytes, record.bytes.len())?;
    }
    if start.is_none() {
        return Err(Error::new("the PC has asked for nothing"));
    }
    std::fs::write(to, bytes).context(to.display())
}

/// DHCP from and to the PC, and its requests for files.
fn tells(record: &Record) -> bool {
    let Some(frame) = Frame::parse(&record.bytes) else { return false };
    if let Some(datagram) = frame.udp() {
        let (from, to) = (datagram.source.port(), datagram.destination.port());
        let is_dhcp = [from, to].iter().any(|port| matches!(port, 67 | 4011));
        return is_dhcp || (frame.from == PC_MAC && to == 69);
    }
    let starts = |payload: &[u8]| payload.starts_with(b"GET ") || payload.starts_with(b"HEAD ");
    frame.from == PC_MAC && frame.tcp().is_some_and(|segment| starts(segment.payload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::frame::tests::{tcp_frame, udp_frame};

    fn record(frame: Vec<u8>, from_pc: bool) -> Record {
        let mut frame = frame;
        if from_pc {
            frame[6..12].copy_from_slice(&PC_MAC);
        }
        Record { at: Duration::from_secs(1_700_000_000), length: frame.len() as u32, bytes: frame }
    }

    #[test]
    fn questions_are_kept_and_files_are_not() {
        assert!(tells(&record(udp_frame(68, 67, b"discover"), true)));
        assert!(tells(&record(udp_frame(67, 68, b"offer"), false)));
        assert!(tells(&record(udp_frame(2070, 69, b"\0\x01x\0octet\0"), true)));
        assert!(tells(&record(tcp_frame(2070, 80, b"GET / HTTP/1.1\r\n"), true)));
        assert!(!tells(&record(udp_frame(40000, 2070, b"data"), false)));
        assert!(!tells(&record(tcp_frame(80, 2070, b"HTTP/1.1 200 OK\r\n"), false)));
    }

    #[test]
    fn a_recording_begins_at_zero_and_stays_small() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("net.pcap"), folder.path().join("kept.pcap"));
        let mut writer = PcapWriter::create(&from).unwrap();
        for second in 0..100 {
            let frame = record(udp_frame(68, 67, &[7; 400]), true).bytes;
            writer.frame(UNIX_EPOCH + Duration::from_secs(1_700_000_000 + second), &frame, frame.len()).unwrap();
        }
        keep(&from, &to).unwrap();
        assert!(std::fs::metadata(&to).unwrap().len() <= LONGEST as u64);
        let mut times = Vec::new();
        pcap::read(File::open(&to).unwrap(), |record| times.push(record.at.as_secs())).unwrap();
        assert_eq!(times[..2], [0, 1]);
    }

    #[test]
    fn a_pc_that_asked_for_nothing_gives_no_recording() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("net.pcap");
        drop(PcapWriter::create(&from).unwrap());
        assert!(keep(&from, &folder.path().join("kept.pcap")).is_err());
    }
}
