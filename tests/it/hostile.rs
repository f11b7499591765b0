//! Specs as people write them while they think: those of the gallery and of the manual, with pieces gone, doubled, moved and
//! mistyped. Every text has an answer, and every finding its place.

mod properties;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use netspec::world::MemWorld;
use proptest::prelude::*;

use crate::support::{iso9660, trees};

/// Specs of the gallery, of the manual and of the reference.
static SPECS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut specs = Vec::new();
    for folder in ["specs", "tests/diagnostics", "docs/reference"] {
        let mut files: Vec<_> = fs::read_dir(root.join(folder)).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.is_file()) {
            let text = fs::read_to_string(file).unwrap();
            match file.extension().is_some_and(|extension| extension == "kdl") {
                true => specs.push(text),
                false => specs.extend(
                    text.split("```kdl")
                        .skip(1)
                        .filter_map(|rest| Some(rest.split_once('\n')?.1.split("\n```").next()?.to_owned())),
                ),
            }
        }
    }
    assert!(specs.len() > 150, "{} specs", specs.len());
    specs
});

/// Files that some of the specs name.
static FILES: LazyLock<MemWorld> = LazyLock::new(|| {
    let iso = |files: Vec<(&str, String)>| {
        let files = files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
        iso9660::image("VOLUME", &files)
    };
    let mut world = MemWorld::default().with("/usr/lib/ipxe/snponly.efi", trees::x64_program());
    for name in ["arch.iso", "archlinux-x86_64.iso"] {
        world = world.with(format!("isos/{name}"), iso(trees::archiso()));
    }
    for name in ["debian.iso", "debian-12.iso", "debian-live-amd64.iso"] {
        world = world.with(format!("isos/{name}"), iso(trees::debian_live()));
    }
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        world = world.with(format!("boot/{name}"), name.as_bytes());
    }
    world
});

/// One thing that happens to a text. Places are in thousandths of its length.
#[derive(Debug, Clone)]
enum Slip {
    Gone(usize, usize),
    Doubled(usize, usize),
    Moved(usize, usize, usize),
    Typed(usize, String),
    CutOff(usize),
    /// A line of another spec.
    Pasted(usize, usize, usize),
}

fn slip() -> impl Strategy<Value = Slip> {
    let place = 0..1000_usize;
    let length = 1..30_usize;
    let typed = prop::sample::select(
        &[
            "{",
            "}",
            "\"",
            "\\",
            "#",
            "/-",
            "/*",
            "*/",
            "//",
            ";",
            "=",
            "(u8)",
            "\n",
            "\r\n",
            "\u{feff}",
            "é",
            "🦀",
            "{iso}/",
            "{server}",
            "{{",
            "${",
            "=y",
            "ip=1.2.3.4::::eth0:",
            " default=#true",
            " timeout=1",
            "\"\"\"",
            "#\"",
            "0",
            "-",
            "\u{0}",
            "include \"spec.kdl\"\n",
            "let \"a\" \"b\"\n",
            "host \"x\" { memory \"2GiB\"; network-cards 9; menu \"main\" }\n",
        ][..],
    );
    prop_oneof![
        3 => (place.clone(), length.clone()).prop_map(|(at, length)| Slip::Gone(at, length)),
        2 => (place.clone(), length.clone()).prop_map(|(at, length)| Slip::Doubled(at, length)),
        2 => (place.clone(), length, place.clone()).prop_map(|(at, length, to)| Slip::Moved(at, length, to)),
        4 => (place.clone(), typed).prop_map(|(at, text)| Slip::Typed(at, text.to_owned())),
        1 => (place.clone(), any::<char>()).prop_map(|(at, c)| Slip::Typed(at, c.to_string())),
        1 => place.clone().prop_map(Slip::CutOff),
        2 => (place, any::<prop::sample::Index>(), 0..20_usize)
            .prop_map(|(at, spec, line)| Slip::Pasted(at, spec.index(1000), line)),
    ]
}

fn happen(text: &str, slip: &Slip) -> String {
    let chars: Vec<char> = text.chars().collect();
    let at = |place: usize| place * chars.len() / 1000;
    let range = |place: usize, length: usize| at(place)..(at(place) + length).min(chars.len());
    let put = |place: usize, inserted: &str| {
        let (before, after) = chars.split_at(at(place));
        format!("{}{inserted}{}", before.iter().collect::<String>(), after.iter().collect::<String>())
    };
    match slip {
        Slip::Gone(place, length) => {
            let range = range(*place, *length);
            chars[..range.start].iter().chain(&chars[range.end..]).collect()
        }
        Slip::Doubled(place, length) => put(*place, &chars[range(*place, *length)].iter().collect::<String>()),
        Slip::Moved(place, length, to) => put(*to, &chars[range(*place, *length)].iter().collect::<String>()),
        Slip::Typed(place, inserted) => put(*place, inserted),
        Slip::CutOff(place) => chars[..at(*place)].iter().collect(),
        Slip::Pasted(place, spec, line) => {
            let other = &SPECS[spec % SPECS.len()];
            let line = other.lines().cycle().nth(*line).unwrap_or_default();
            put(*place, &format!("\n{line}\n"))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn a_spec_with_slips_has_an_answer(spec in any::<prop::sample::Index>(), slips in prop::collection::vec(slip(), 0..6)) {
        let text = slips.iter().fold(spec.get(&SPECS[..]).clone(), |text, slip| happen(&text, slip));
        properties::text_as_spec(&text, &FILES);
    }

    #[test]
    fn datagrams_with_slips_have_an_answer(datagram in prop::collection::vec(any::<u8>(), 0..600), head in any::<bool>()) {
        let mut datagram = datagram;
        if head && datagram.len() >= 244 {
            datagram[..3].copy_from_slice(&[1, 1, 6]);
            datagram[236..244].copy_from_slice(&[99, 130, 83, 99, 53, 1, 1, 60]);
        }
        properties::bytes_as_dhcp(&datagram);
    }

    #[test]
    fn isos_with_slips_have_an_answer(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20), cut in any::<prop::sample::Index>()) {
        let files = trees::archiso().into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
        let mut image = iso9660::image("ARCH_202611", &files);
        for (at, byte) in changes {
            let at = at.index(image.len());
            image[at] = byte;
        }
        if cut.index(4) == 0 {
            image.truncate(cut.index(image.len()));
        }
        properties::bytes_as_iso(&image);
    }
}
