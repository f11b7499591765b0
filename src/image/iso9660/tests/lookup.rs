//! Finding files by the paths that clients send.

use super::builder::{Image, Record, nm, sl};
use super::read;
use crate::image::iso9660::{Kind, Tree};

fn named(record: Record, name: &str) -> Record {
    record.with(nm(0, name))
}

fn link(name: &str, components: &[(u8, &str)]) -> Record {
    named(Record::new("L.;1", 0, 0), name).with(sl(0, components))
}

/// `/boot/{Grub,grub}`, `/boot/vmlinuz` and links.
fn tree() -> Tree {
    let directory = |name, block| named(Record::new("D", block, 2048).directory(), name);
    let file = |name, size| named(Record::new("F.;1", 30, size), name);
    let image = Image::new(60)
        .rock_ridge_root(
            0,
            &[
                directory("boot", 21),
                directory("live", 22),
                link("vmlinuz", &[(8, ""), (0, "boot"), (0, "vmlinuz")]),
                link("self", &[(0, "self")]),
                link("ping", &[(0, "pong")]),
                link("pong", &[(0, "ping"), (0, "ping")]),
                link("up", &[(4, ""), (4, ""), (0, "boot")]),
                link("shouted", &[(0, "BOOT"), (0, "vmlinuz")]),
                link("gone", &[(0, "nowhere")]),
                link("nested", &[(0, "live"), (0, "kernels"), (0, "vmlinuz")]),
            ],
        )
        .directory(21, &[file("Grub", 1), file("grub", 2), file("vmlinuz", 3), file("Éa.txt", 4)])
        .directory(22, &[link("kernels", &[(4, ""), (2, ""), (0, "boot")])]);
    read(&image.0).unwrap().tree
}

#[test]
fn slashes_and_dots_do_not_matter() {
    let tree = tree();
    for path in ["boot/vmlinuz", "/boot/vmlinuz", "//boot///./vmlinuz", "./boot/../boot/vmlinuz", "../../boot/vmlinuz"]
    {
        assert_eq!(tree.file(path).map(|file| file.size), Some(3), "{path}");
        assert_eq!(tree.resolve(path).as_deref(), Some("boot/vmlinuz"));
    }
    for path in ["", "/", ".", "//."] {
        assert!(tree.is_dir(path));
        assert_eq!(tree.resolve(path).as_deref(), Some(""));
        assert_eq!(tree.file(path), None);
    }
}

#[test]
fn case_matters_first_and_then_only_where_it_must() {
    let tree = tree();
    assert_eq!(tree.file("boot/Grub").unwrap().size, 1);
    assert_eq!(tree.file("boot/grub").unwrap().size, 2);
    assert_eq!(tree.file("boot/GRUB"), None);
    assert_eq!(tree.resolve("BOOT/VMLinuz").as_deref(), Some("boot/vmlinuz"));
    assert_eq!(tree.file("boot/ÉA.TXT").unwrap().size, 4);
}

#[test]
fn links_are_followed_within_the_image() {
    let tree = tree();
    for path in ["vmlinuz", "up/vmlinuz", "live/kernels/vmlinuz", "nested"] {
        assert_eq!(tree.resolve(path).as_deref(), Some("boot/vmlinuz"), "{path}");
        assert_eq!(tree.file(path).unwrap().size, 3);
    }
    assert_eq!(tree.children("up").count(), 4);
    assert_eq!(tree.resolve("live/kernels/..").as_deref(), Some(""));
}

#[test]
fn links_that_lead_nowhere_are_not_found() {
    let tree = tree();
    for path in ["self", "ping", "pong", "gone", "gone/..", "vmlinuz/x", "nowhere", "shouted", "boot/grub/nowhere"] {
        assert_eq!(tree.resolve(path), None, "{path}");
        assert!(!tree.is_dir(path) && tree.file(path).is_none(), "{path}");
    }
    assert_eq!(tree.resolve("VMLINUZ").as_deref(), Some("boot/vmlinuz"));
}

#[test]
fn walks_in_order_without_following_links() {
    let tree = tree();
    let walked: Vec<_> = tree.walk().collect();
    let (paths, kinds): (Vec<_>, Vec<_>) = walked.iter().map(|(path, kind)| (path.as_str(), *kind)).unzip();
    assert_eq!(paths[..6], ["boot", "boot/Grub", "boot/grub", "boot/vmlinuz", "boot/Éa.txt", "gone"]);
    assert_eq!(kinds[..6], [Kind::Directory, Kind::File, Kind::File, Kind::File, Kind::File, Kind::Link]);
    assert_eq!(tree.len(), walked.len());
    assert_eq!(tree.children("nowhere").count(), 0);
    assert_eq!(tree.children("boot/grub").count(), 0);
}
