//! One run shows everything: a spec with fifty mistakes has fifty findings, no more and no fewer.

use std::path::Path;

use netspec::cli::compile::compile;
use netspec::diag::Severity;
use netspec::diag::render::short;
use netspec::world::MemWorld;

use crate::support::{iso9660, trees};

const SPEC: &str = include_str!("fifty.kdl");

fn files() -> MemWorld {
    let files = trees::archiso().into_iter().filter(|(path, _)| !path.ends_with(".cms.sig"));
    let arch = iso9660::image("ARCH", &files.map(|(path, text)| (path.to_owned(), text.into_bytes())).collect());
    let half = arch[..arch.len() / 2].to_vec();
    let other = iso9660::image("OTHER", &[("readme.txt".to_owned(), b"nothing to boot".to_vec())].into());
    let mut world = MemWorld::default()
        .with("spec.kdl", SPEC)
        .with("isos/arch.iso", arch)
        .with("isos/half.iso", half)
        .with("isos/page.iso", "<html>Not found</html>".repeat(4000))
        .with("isos/other.iso", other)
        .with("isos/fedora.iso", "")
        .with("/usr/lib/ipxe/snponly.efi", trees::x64_program());
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        world = world.with(format!("boot/{name}"), name);
    }
    world
}

#[test]
fn fifty_mistakes_are_fifty_findings() {
    let mark = |(number, line): (usize, &str)| Some(format!("{number} netspec::{}", line.split_once("// ! ")?.1));
    let expected: Vec<String> = (1..).zip(SPEC.lines()).filter_map(mark).collect();
    assert!(expected.len() >= 50, "{} mistakes", expected.len());
    let compiled = compile(Path::new("spec.kdl"), &files());
    let drawn = short(&compiled.sources, &compiled.findings);
    let seen = drawn.lines().map(|line| {
        let mut parts = line.splitn(4, [':', '[']);
        let number = parts.nth(1).unwrap_or_default();
        let code = line.split(['[', ']']).nth(1).unwrap_or_default();
        format!("{number} {code}")
    });
    assert_eq!(seen.collect::<Vec<_>>(), expected, "{drawn}");
    let errors = compiled.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    assert_eq!(compiled.findings.errors(), errors);
}
