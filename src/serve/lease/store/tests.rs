use std::fs;

use super::*;

const NOW: u64 = 1_764_000_000;

fn record(last: u8, number: u8, until: u64) -> Record {
    Record {
        address: Ipv4Addr::new(10, 0, 0, last),
        client: ClientId::new(&[1, 2, 0, 0, 0, 0, number]).unwrap(),
        mac: MacAddr([2, 0, 0, 0, 0, number]),
        until,
    }
}

fn records(store: &Store) -> Vec<Record> {
    store.records().cloned().collect()
}

fn book(state: &Path) -> PathBuf {
    state.join(FOLDER).join(FILE)
}

/// What was written is there after the process is gone, the last line of each address.
#[test]
fn reads_what_it_wrote() {
    let state = tempfile::tempdir().unwrap();
    let mut store = Store::open(state.path()).unwrap();
    assert_eq!(records(&store), []);
    store.write(&[record(100, 1, NOW + 60), record(101, 2, NOW + 60)], NOW).unwrap();
    store.write(&[record(100, 3, NOW + 90)], NOW).unwrap();
    drop(store);
    let text = fs::read_to_string(book(state.path())).unwrap();
    assert!(text.starts_with("netspec leases 1\n10.0.0.100 1764000060 02:00:00:00:00:01 01020000000001 "), "{text}");
    let store = Store::open(state.path()).unwrap();
    assert_eq!(records(&store), [record(100, 3, NOW + 90), record(101, 2, NOW + 60)]);
}

#[test]
fn is_open_once() {
    let state = tempfile::tempdir().unwrap();
    let store = Store::open(state.path()).unwrap();
    assert!(matches!(Store::open(state.path()), Err(StoreError::Locked { .. })));
    drop(store);
    Store::open(state.path()).unwrap();
}

/// At whatever byte a write was cut off, what was whole before is there, and the next write follows it.
#[test]
fn goes_on_after_half_a_line() {
    let state = tempfile::tempdir().unwrap();
    Store::open(state.path()).unwrap().write(&[record(100, 1, NOW), record(101, 2, NOW)], NOW).unwrap();
    let whole = fs::read(book(state.path())).unwrap();
    let lines: Vec<usize> = (0..whole.len()).filter(|at| whole[*at] == b'\n').map(|at| at + 1).collect();
    for cut in 0..=whole.len() {
        fs::write(book(state.path()), &whole[..cut]).unwrap();
        let mut store = Store::open(state.path()).unwrap_or_else(|error| panic!("{cut}: {error}"));
        let expected = lines.iter().filter(|end| **end <= cut).count().saturating_sub(1);
        assert_eq!(store.records().count(), expected, "{cut}");
        store.write(&[record(102, 3, NOW)], NOW).unwrap();
        drop(store);
        assert_eq!(Store::open(state.path()).unwrap().records().count(), expected + 1, "{cut}");
    }
}

/// Any changed byte is found, said with its line, and the file stays as it is.
#[test]
fn finds_every_changed_byte() {
    let state = tempfile::tempdir().unwrap();
    Store::open(state.path()).unwrap().write(&[record(100, 1, NOW), record(101, 2, NOW)], NOW).unwrap();
    let whole = fs::read(book(state.path())).unwrap();
    for at in 0..whole.len() - 1 {
        let mut changed = whole.clone();
        changed[at] ^= 0x10;
        fs::write(book(state.path()), &changed).unwrap();
        let line = 1 + whole[..at].iter().filter(|byte| **byte == b'\n').count();
        match Store::open(state.path()) {
            Err(StoreError::Foreign { .. }) => assert_eq!(line, 1, "{at}"),
            // A line that no longer ends goes on in the next one.
            Err(StoreError::Damaged { line: said, .. }) => assert_eq!(said, line, "{at}"),
            other => panic!("{at}: {other:?}"),
        }
        assert_eq!(fs::read(book(state.path())).unwrap(), changed);
    }
    let error = StoreError::Damaged { path: "/var/lib/netspec/leases/book".into(), line: 7 };
    assert_eq!(error.to_string(), "the leases in `/var/lib/netspec/leases/book` are damaged in line 7");
}

/// The file does not grow for ever, and no lease is lost when it is written anew.
#[test]
fn writes_itself_anew() {
    let state = tempfile::tempdir().unwrap();
    let mut store = Store::open(state.path()).unwrap();
    store.write(&[record(100, 1, NOW + 5), record(101, 2, NOW - REMEMBERED)], NOW).unwrap();
    let many: Vec<_> = (0..=SUPERSEDED as u64 + 10).map(|seconds| record(102, 3, NOW + seconds)).collect();
    store.write(&many, NOW).unwrap();
    let before = fs::metadata(book(state.path())).unwrap().len();
    store.write(&[record(103, 4, NOW)], NOW).unwrap();
    assert!(fs::metadata(book(state.path())).unwrap().len() < before / 100);
    store.write(&[record(104, 5, NOW)], NOW).unwrap();
    drop(store);
    let store = Store::open(state.path()).unwrap();
    let last = NOW + SUPERSEDED as u64 + 10;
    let expected = [record(100, 1, NOW + 5), record(102, 3, last), record(103, 4, NOW), record(104, 5, NOW)];
    assert_eq!(records(&store), expected, "and who had an address three months ago is forgotten");
}

/// A write that fails is as if it had not been, and the next one makes a whole file.
#[test]
fn recovers_from_a_full_disk() {
    let state = tempfile::tempdir().unwrap();
    let mut store = Store::open(state.path()).unwrap();
    store.write(&[record(100, 1, NOW)], NOW).unwrap();
    let file = std::mem::replace(&mut store.file, File::options().write(true).open("/dev/full").unwrap());
    (&file).write_all(b"10.0.0.101 half a li").unwrap();
    let error = store.write(&[record(101, 2, NOW), record(100, 3, NOW)], NOW).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert_eq!(records(&store), [record(100, 1, NOW)]);
    store.write(&[record(102, 3, NOW)], NOW).unwrap();
    drop(store);
    assert_eq!(records(&Store::open(state.path()).unwrap()), [record(100, 1, NOW), record(102, 3, NOW)]);
}

/// A link in the place of the file is not followed, and neither is one in the place of the folder.
#[test]
fn follows_no_links() {
    let state = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), state.path().join(FOLDER)).unwrap();
    assert!(matches!(Store::open(state.path()), Err(StoreError::Io { what: "opened", .. })));
    fs::remove_file(state.path().join(FOLDER)).unwrap();
    fs::create_dir(state.path().join(FOLDER)).unwrap();
    std::os::unix::fs::symlink(elsewhere.path().join("victim"), book(state.path())).unwrap();
    assert!(matches!(Store::open(state.path()), Err(StoreError::Io { what: "opened", .. })));
    assert!(!elsewhere.path().join("victim").exists());
}
