//! What must hold for any input, whoever made it: `tests/it/hostile.rs` tries what people write, `tests/fuzz` what coverage
//! finds.
#![allow(dead_code, reason = "each target of tests/fuzz is a program of its own, with one of these")]

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;

use netspec::cli::compile::compile;
use netspec::diag::Diagnostics;
use netspec::diag::render::{Style, full, github, json, sarif, short};
use netspec::image::iso9660;
use netspec::image::recipe::recognize;
use netspec::proto::dhcp::{
    BiosBoot, BootRequest, BootTable, EfiBoot, EfiCpu, IpxeBoot, Local, ReceivedOn, Rival, ServerAddr, ServerMessage,
    Verdict, answer,
};
use netspec::source::Sources;
use netspec::world::MemWorld;

/// A text as a spec: it is read, checked and, where it may be, planned, and every finding can be shown in every format.
pub(crate) fn text_as_spec(text: &str, files: &MemWorld) {
    let world = files.clone().with("spec.kdl", text.as_bytes());
    let compiled = compile(Path::new("spec.kdl"), &world);
    every_finding_has_its_place(&compiled.sources, &compiled.findings);
    every_format_can_be_drawn(&compiled.sources, &compiled.findings);
    let plans = compiled.outcome.map(|outcome| outcome.plan.to_json());
    assert_eq!(plans, compile(Path::new("spec.kdl"), &world).outcome.map(|outcome| outcome.plan.to_json()));
}

/// Each label is in one file, on character boundaries.
pub(crate) fn every_finding_has_its_place(sources: &Sources, found: &Diagnostics) {
    for diagnostic in found {
        for label in &diagnostic.labels {
            let (file, start) = sources.file_at(label.span.start);
            let range = label.span.start.checked_sub(start).zip(label.span.end.checked_sub(start));
            let inside = range.and_then(|(start, end)| file.text.get(start..end));
            assert!(inside.is_some(), "{diagnostic:?} is not in {:?}", file.text);
        }
    }
}

fn every_format_can_be_drawn(sources: &Sources, found: &Diagnostics) {
    for width in [1, 40, 100] {
        let drawn = full(sources, found, Style { width, unicode: width > 1, color: width == 40 });
        assert!(found.iter().all(|diagnostic| drawn.contains(diagnostic.code.as_str())));
    }
    let kept = found.iter().count();
    assert_eq!(short(sources, found).lines().count(), kept, "one line each");
    assert_eq!(github(sources, found).lines().count(), kept, "one command each");
    assert_eq!(json(sources, found).matches("\"code\":").count(), kept);
    assert!(sarif([(sources, found)]).matches("\"ruleIndex\":").count() == kept);
}

/// A datagram as what clients and servers of DHCP send. Both are read, and a client is answered by a table of everything.
pub(crate) fn bytes_as_dhcp(datagram: &[u8]) {
    if let Some(message) = ServerMessage::parse(datagram) {
        let _ = (message.message_type(), message.server_id(), message.vendor_options());
    }
    if let Some(rival) = Rival::parse(datagram) {
        assert!(!rival.way.meaning().is_empty() && !rival.way.kind().is_empty());
    }
    let Ok(request) = BootRequest::parse(datagram) else { return };
    let file = |file: &str| EfiBoot { file: file.to_owned() };
    let table = BootTable {
        bios: Some(BiosBoot {
            file: "pxelinux/lpxelinux.0".to_owned(),
            config_file: Some("pxelinux.cfg/default".to_owned()),
            path_prefix: Some("/pxelinux/".to_owned()),
        }),
        efi: [EfiCpu::X64, EfiCpu::Arm64].into_iter().map(|cpu| (cpu, file("ipxe/snponly.efi"))).collect(),
        http: [(EfiCpu::X64, "ipxe/snponly.efi".to_owned())].into(),
        ipxe: Some(IpxeBoot { script: "boot.ipxe".to_owned(), config_file: None, path_prefix: None }),
        ..BootTable::default()
    };
    for port in [ReceivedOn::Dhcp67, ReceivedOn::Boot4011] {
        let local = Local {
            server: ServerAddr::EXAMPLE,
            port,
            http_port: 80,
            source: SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 77), 68),
        };
        let verdict = answer(&table, &request, &local);
        assert_eq!(verdict, answer(&table, &request, &local), "the same for the same request");
        if let Verdict::Silence(reason) = verdict {
            assert!(!reason.to_string().is_empty());
        }
    }
}

/// Bytes as an ISO: an index or a reason. Every file of the index lies inside the bytes.
pub(crate) fn bytes_as_iso(bytes: &[u8]) {
    let image = bytes.to_vec();
    let iso = match iso9660::read(&image) {
        Ok(iso) => iso,
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.advice().is_empty());
            return;
        }
    };
    for (path, _) in iso.tree.walk().take(2000) {
        let Some(file) = iso.tree.file(&path) else { continue };
        for extent in file.extents.iter() {
            let end = extent.offset.checked_add(extent.len);
            assert!(end.is_some_and(|end| end <= image.len() as u64), "{path}: {extent:?} of {} bytes", image.len());
        }
    }
    let _ = recognize(&iso, &image);
}
