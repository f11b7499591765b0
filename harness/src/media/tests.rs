//! Builds of whole ISOs. They take minutes and the package archive, so they run when asked: `cargo test -- --ignored media`.
use std::path::PathBuf;

use super::cache::sha256_of;
use super::{Archiso, Layout, debian_live, debian_live_digest};

fn cache() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../target/media"))
}

/// Two builds in different folders, at different times, give the same bytes.
fn builds_the_same_bytes_twice(layout: Layout) {
    let archiso = Archiso::new(layout);
    let first = archiso.build(&cache(), &|_| ()).expect("the first build works");
    let elsewhere = tempfile::tempdir_in(cache()).expect("a folder");
    let packages = elsewhere.path().join("packages");
    std::os::unix::fs::symlink(cache().canonicalize().expect("the cache").join("packages"), packages).expect("a link");
    let second = archiso.build(elsewhere.path(), &|_| ()).expect("the second build works");
    assert_ne!(first, second);
    assert_eq!(sha256_of(&first).expect("the first"), sha256_of(&second).expect("the second"));
}

#[test]
#[ignore = "downloads Debian's kernel and takes a minute"]
fn archiso_of_today_is_reproducible() {
    builds_the_same_bytes_twice(Layout::Today);
}

#[test]
#[ignore = "downloads Debian's kernel and takes a minute"]
fn archiso_of_2014_is_reproducible() {
    builds_the_same_bytes_twice(Layout::Y2014);
}

#[test]
#[ignore = "runs live-build as root, four minutes"]
fn debian_live_is_built_and_found_in_the_cache() {
    let first = debian_live(&cache(), &|_| ()).expect("live-build works");
    let again = debian_live(&cache(), &|step| panic!("built again: {step}")).expect("it is in the cache");
    assert_eq!(first, again);
    assert!(first.starts_with(cache().join(debian_live_digest().expect("live-build is installed"))));
}
