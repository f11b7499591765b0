//! What netspec is told in the cases.

use std::fmt::Write as _;
use std::path::Path;

/// The lab's LAN, as a spec says it.
const NETWORK: &str = "network \"lab\" {\n    subnet \"10.77.0.0/24\"\n}\n";

/// One ISO that boots without a menu of ours.
pub(super) fn one(name: &str, iso: &Path) -> String {
    format!("{NETWORK}{}", image(name, iso))
}

/// A menu of several ISOs.
pub(super) fn menu(images: &[(&str, &Path)]) -> String {
    let mut spec = NETWORK.to_owned();
    for (name, iso) in images {
        spec.push_str(&image(name, iso));
    }
    spec.push_str("menu \"main\" title=\"Lab netboot\" {\n");
    for (name, _) in images {
        // Writing to a String cannot fail.
        let _ = writeln!(spec, "    entry {name:?} iso={name:?} title=\"Boot {name}\"");
    }
    spec.push_str("}\n");
    spec
}

fn image(name: &str, iso: &Path) -> String {
    format!("iso {name:?} {:?} {{\n    arguments \"console=ttyS0,115200\"\n}}\n", iso.display().to_string())
}

/// Where loaders are that are not in the usual places.
pub(super) fn loaders(files: &[(&str, &Path)]) -> String {
    files.iter().map(|(kind, path)| format!("loader {kind:?} {:?}\n", path.display().to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_has_each_iso_as_a_file_and_as_an_entry_with_its_title() {
        let spec = menu(&[("arch", Path::new("/a.iso")), ("debian", Path::new("/d.iso"))]);
        assert!(spec.starts_with(NETWORK), "{spec}");
        assert!(spec.contains("iso \"arch\" \"/a.iso\" {\n"), "{spec}");
        assert!(spec.contains("entry \"debian\" iso=\"debian\" title=\"Boot debian\"\n"), "{spec}");
        assert!(!one("arch", Path::new("/a.iso")).contains("menu"));
    }
}
