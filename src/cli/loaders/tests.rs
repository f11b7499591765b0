use super::*;
use crate::world::MemWorld;

/// The headers of a UEFI program, and a text behind them.
fn program(machine_type: u16, text: &str) -> Vec<u8> {
    let mut bytes = vec![0; 0x80];
    bytes[..2].copy_from_slice(b"MZ");
    bytes[0x3c] = 0x40;
    bytes[0x40..0x44].copy_from_slice(b"PE\0\0");
    bytes[0x44..0x46].copy_from_slice(&machine_type.to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

fn machine() -> MemWorld {
    let mut world = MemWorld::default()
        .with("/usr/lib/PXELINUX/lpxelinux.0", "PXELINUX 6.04 lwIP 20200816 ")
        .with("/usr/lib/ipxe/undionly.kpxe", "compressed")
        .with("/usr/lib/ipxe/ipxe.pxe", "compressed, too")
        .with("/usr/share/ipxe/ipxe-i386.efi", program(0xaa64, ""))
        .with("/usr/lib/ipxe/snponly.efi", program(0x8664, "iPXE\0\x002.0.0\0"))
        .with("/boot/ipxe.efi", program(0xaa64, ""))
        .with("/spec/arm/snponly.efi", program(0xaa64, "iPXE\x001.21.1+ (g4bd0)\0"))
        .with("/spec/pi/start4.elf", "firmware")
        .with("/spec/pi/overlays/a.dtbo", "overlay");
    for name in ["ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        world = world.with(format!("/usr/lib/syslinux/modules/bios/{name}"), name);
    }
    world
}

#[test]
fn lists_what_is_there_and_what_is_not() {
    let (surveys, compiled) = survey(None, &machine());
    assert!(compiled.findings.is_empty());
    insta::assert_snapshot!(text(&surveys));
}

/// A loader that the spec names and that cannot be used is a finding, as in `check`, and the rest is listed all the same.
#[test]
fn a_spec_says_where_else_to_look() {
    let spec = "loader \"ipxe-arm64\" \"arm/snponly.efi\"\nloader \"raspberry-pi\" \"pi\"\nloader \"ipxe-x64\" \"arm/snponly.efi\"\n";
    let (surveys, compiled) = survey(Some(Path::new("/spec/home.kdl")), &machine().with("/spec/home.kdl", spec));
    let messages: Vec<_> = compiled.findings.iter().map(|finding| finding.message.as_str()).collect();
    assert_eq!(
        messages,
        ["loader `ipxe-x64` is for x86-64, and `/spec/arm/snponly.efi` is a UEFI program for 64-bit ARM"]
    );
    let wanted = [LoaderKind::IpxeX64, LoaderKind::IpxeArm64, LoaderKind::RaspberryPi];
    let surveys: Vec<_> = surveys.into_iter().filter(|survey| wanted.contains(&survey.kind)).collect();
    insta::assert_snapshot!(text(&surveys));
    insta::assert_snapshot!("as_json", json(&surveys));
}

#[test]
fn a_spec_that_cannot_be_read_is_said_to_be_so() {
    let (surveys, compiled) = survey(Some(Path::new("gone.kdl")), &machine());
    assert!(compiled.findings.has_errors());
    assert_eq!(surveys.len(), LoaderKind::ALL.len());
}

/// A path is any bytes, and a name out of a certificate is anybody's.
#[test]
fn says_who_signed() {
    let named = |subject: &str, issuer: &str| Signer { subject: subject.into(), issuer: issuer.into() };
    let by = |signers: &[Signer]| signed_by(&Signed::By(signers.to_vec()));
    assert_eq!(by(&[named("A", "B"), named("C", "C")]), "A (B), C");
    assert_eq!(by(&[named("", "B")]), "a certificate of B");
    assert_eq!(signed_by(&Signed::No), "nobody");
}
