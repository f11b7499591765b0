//! Names, links and directories of Rock Ridge.

use super::builder::{BLOCK, Image, ROOT, Record, both, ce, field, nm, px, sl, sp};
use super::{paths, read, refuse};
use crate::image::iso9660::{IsoError, Kind, Names};

const LINK: u32 = 0o120_777;

fn file(name: &str) -> Record {
    Record::new("X.;1", 30, 5).with(px(0o100_644)).with(nm(0, name))
}

fn link(fields: &[Vec<u8>]) -> Record {
    Record::new("L.;1", 0, 0).with(px(LINK)).with(nm(0, "link")).with(fields.concat())
}

fn image(entries: &[Record]) -> Image {
    Image::new(60).rock_ridge_root(0, entries)
}

#[test]
fn names_keep_case_and_may_come_in_parts() {
    let parts = Record::new("P.;1", 30, 1).with(nm(1, "one ")).with(nm(1, "Two ")).with(nm(0, "three"));
    let unnamed = Record::new("PLAIN.TXT;1", 30, 2).with(px(0o100_644));
    let iso = read(&image(&[parts, file("vmlinuz-6.1.0"), unnamed]).0).unwrap();
    assert_eq!(iso.names, Names::RockRidge);
    assert_eq!(paths(&iso), ["one Two three", "plain.txt", "vmlinuz-6.1.0"]);
}

#[test]
fn modes_are_optional() {
    let entries = [
        Record::new("F.;1", 30, 1).with(nm(0, "file")),
        Record::new("D", 31, 2048).directory().with(nm(0, "dir")),
        Record::new("L.;1", 0, 0).with(nm(0, "link")).with(sl(0, &[(0, "file")])),
    ];
    let iso = read(&image(&entries).directory(31, &[]).0).unwrap();
    let kinds: Vec<_> = iso.tree.children("").map(|(name, kind)| (name.to_owned(), kind)).collect();
    assert_eq!(kinds, [("dir".into(), Kind::Directory), ("file".into(), Kind::File), ("link".into(), Kind::Link)]);
}

#[test]
fn devices_and_compressed_files_are_not_served() {
    let entries = [
        Record::new("C.;1", 30, 5).with(px(0o020_600)).with(nm(0, "console")),
        Record::new("Z.;1", 30, 5).with(px(0o100_644)).with(nm(0, "zisofs")).with(field(b"ZF", b"pz\x04\x0f12345678")),
    ];
    let iso = read(&image(&entries).0).unwrap();
    assert!(iso.tree.walk().all(|(_, kind)| kind == Kind::Other));
    assert_eq!(iso.tree.file("zisofs"), None);
}

#[test]
fn the_bytes_of_others_are_skipped() {
    let foreign = |record: Record, name: &str| record.with([0xaa; 6]).with(nm(0, name));
    let image = Image::new(60).rock_ridge_root(6, &[foreign(Record::new("X.;1", 30, 5), "mine")]);
    assert_eq!(paths(&read(&image.0).unwrap()), ["mine"]);
    // CD-ROM XA: the SP field itself comes behind 14 bytes.
    let dot = Record::new([0], ROOT, BLOCK as u32).directory().with([0; 14]).with(sp(14)).with(px(0o040_755));
    let entry = Record::new("X.;1", 30, 5).with([0x11; 14]).with(nm(0, "xa"));
    assert_eq!(paths(&read(&Image::new(60).directory_with(dot, ROOT, &[entry]).0).unwrap()), ["xa"]);
}

#[test]
fn susp_alone_is_not_rock_ridge() {
    let dot = Record::new([0], ROOT, BLOCK as u32).directory().with(sp(0));
    let er = |id: &[u8]| field(b"ER", &[&[u8::try_from(id.len()).unwrap(), 0, 0, 1], id].concat());
    for (dot, names) in [
        (dot.clone(), Names::Plain),
        (dot.clone().with(er(b"OTHER")), Names::Plain),
        (dot.clone().with(er(b"RRIP_1991A")), Names::RockRidge),
        (dot.with(er(b"IEEE_P1282")), Names::RockRidge),
    ] {
        assert_eq!(read(&Image::new(60).directory_with(dot, ROOT, &[]).0).unwrap().names, names);
    }
}

#[test]
fn link_targets_are_put_together_from_components() {
    for (fields, target) in [
        (vec![sl(0, &[(0, "a"), (0, "b")])], "a/b"),
        (vec![sl(0, &[(8, ""), (0, "a")])], "/a"),
        (vec![sl(0, &[(8, "")])], "/"),
        (vec![sl(0, &[(4, ""), (4, ""), (0, "x"), (2, ""), (0, "y")])], "../../x/./y"),
        (vec![sl(1, &[(0, "a")]), sl(0, &[(0, "b")])], "a/b"),
        (vec![sl(1, &[(0, "x"), (1, "long")]), sl(0, &[(0, "name"), (0, "b")])], "x/longname/b"),
        (vec![sl(0, &[(1, "long"), (1, "er"), (0, "name")])], "longername"),
    ] {
        let iso = read(&image(&[link(&fields)]).0).unwrap();
        let Some(node) = iso.tree.node(1) else { panic!("no entry") };
        let crate::image::iso9660::tree::What::Link(text) = node.what else { panic!("no link: {fields:?}") };
        assert_eq!(iso.tree.text(text), target);
    }
}

#[test]
fn fields_continue_elsewhere() {
    let second = nm(0, "second half");
    let first = [nm(1, "first half, "), ce(41, 100, second.len())].concat();
    let record = Record::new("X.;1", 30, 5).with(px(0o100_644)).with(ce(40, 7, first.len()));
    let mut image = image(&[record]);
    image.patch(40 * BLOCK + 7, &first);
    image.patch(41 * BLOCK + 100, &second);
    assert_eq!(paths(&read(&image.0).unwrap()), ["first half, second half"]);
}

#[test]
fn what_follows_the_end_of_fields_is_ignored() {
    for end in [field(b"ST", b""), vec![0; 4], vec![0; 9]] {
        let record = file("good").with(end).with(nm(0, "bad"));
        assert_eq!(paths(&read(&image(&[record]).0).unwrap()), ["good"]);
    }
    let padded = Record::new("X.;1", 30, 5).with(field(b"PD", &[b'N'; 9])).with(nm(0, "good"));
    assert_eq!(paths(&read(&image(&[padded]).0).unwrap()), ["good"]);
}

/// A directory that lies in `rr_moved` at block 32 and belongs into `/a`.
fn relocated() -> Image {
    let cl = Record::new("DEEP.;1", 0, 0).with(nm(0, "deep")).with(field(b"CL", &both(32)));
    let re = Record::new("DEEP", 32, 2048).directory().with(nm(0, "deep")).with(field(b"RE", b""));
    image(&[
        Record::new("A", 31, 2048).directory().with(nm(0, "a")),
        Record::new("RR_MOVED", 33, 2048).directory().with(nm(0, "rr_moved")),
    ])
    .directory(31, &[cl])
    .directory(32, &[file("inside")])
    .directory(33, &[re])
}

#[test]
fn relocated_directories_are_shown_where_they_belong() {
    let iso = read(&relocated().0).unwrap();
    assert_eq!(paths(&iso), ["a", "a/deep", "a/deep/inside", "rr_moved"]);
}

#[test]
fn a_child_link_must_lead_to_a_directory() {
    let mut image = relocated();
    image.put(32, &[0; 64]);
    let error = refuse(&image.0);
    assert!(matches!(&error, IsoError::NotADirectory { path, offset: 65_536 } if path == "/a/deep"), "{error}");
}

#[test]
fn a_child_link_to_an_ancestor_is_a_loop() {
    let cl = Record::new("DEEP.;1", 0, 0).with(nm(0, "deep")).with(field(b"CL", &both(31)));
    let image = image(&[Record::new("A", 31, 2048).directory().with(nm(0, "a"))]).directory(31, &[cl]);
    assert!(matches!(refuse(&image.0), IsoError::Loop { path } if path == "/a/deep"));
}

#[test]
fn damaged_fields_are_refused_with_their_reason() {
    let plain = || Record::new("BAD.;1", 30, 5);
    let endless = image(&[plain().with(ce(40, 0, 28))]).data(40, &ce(40, 0, 28));
    let long = |n: usize| -> Vec<u8> { std::iter::repeat_n(sl(1, &[(0, &"x".repeat(200))]), n).flatten().collect() };
    let bomb = long(21);
    let bomb = image(&[link(&[ce(40, 0, bomb.len())])]).data(40, &bomb);
    for (image, reason) in [
        (endless, "without end"),
        (bomb, "longer than 4096 bytes"),
        (image(&[plain().with(ce(999, 0, 28))]), "behind the end of the image"),
        (image(&[plain().with(ce(u32::MAX, u32::MAX, u32::MAX as usize))]), "behind the end of the image"),
        (image(&[plain().with(*b"NM\xff\x01\0abc")]), "wrong length"),
        (image(&[plain().with(*b"NM\x03\x01\0abc")]), "wrong length"),
        (image(&[plain().with(field(b"NM", b""))]), "NM"),
        (image(&[plain().with(nm(1, "half"))]), "a part that is missing"),
        (image(&[link(&[field(b"SL", b"")])]), "a link (SL) is malformed"),
        (image(&[link(&[field(b"SL", b"\0\0\x09abc")])]), "longer than its field"),
        (image(&[link(&[field(b"SL", b"\0\0")])]), "cut off"),
        (image(&[link(&[sl(1, &[(0, "half")])])]), "a part that is missing"),
        (image(&[plain().with(field(b"PX", b""))]), "mode (PX)"),
        (image(&[plain().with(field(b"CL", &[1, 0, 0, 0, 0, 0, 0, 2]))]), "child link (CL)"),
        (image(&[plain().with(field(b"CE", &[0; 8]))]), "continuation (CE)"),
    ] {
        let error = refuse(&image.0);
        assert!(matches!(&error, IsoError::RockRidge { path, .. } if path == "/bad" || path == "/l"), "{error}");
        assert!(error.to_string().contains(reason), "{error} / {reason}");
    }
}
