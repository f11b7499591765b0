//! What netspec is told in the cases.

use std::fmt::Write as _;
use std::path::Path;

/// The lab's LAN, as a spec says it.
pub(super) const NETWORK: &str = "network \"lab\" {\n    subnet \"10.77.0.0/24\"\n}\n";

/// One ISO that boots without a menu of ours.
pub(crate) fn one(name: &str, iso: &Path) -> String {
    format!("{NETWORK}{}", image(name, iso))
}

/// One ISO, on a LAN that has no DHCP server and no router.
pub(super) fn isolated(name: &str, iso: &Path) -> String {
    let server = "    dhcp \"server\" {\n        range \"10.77.0.100-10.77.0.199\"\n    }\n}\n";
    format!("{}{server}{}", NETWORK.trim_end_matches("}\n"), image(name, iso))
}

/// A menu of several ISOs.
pub(crate) fn menu(images: &[(&str, &Path)]) -> String {
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

/// A menu with one entry: the paths of kernel and initramfs in the ISO, and the words for the kernel.
pub(crate) fn by_hand(title: &str, iso: &Path, [kernel, initrd, arguments]: [&str; 3]) -> String {
    format!(
        "{NETWORK}iso \"small\" {:?}\nmenu \"main\" title=\"Lab netboot\" {{\n    entry \"small\" iso=\"small\" title={title:?} \
         {{\n        kernel {kernel:?}\n        initrd {initrd:?}\n        arguments {arguments:?}\n    }}\n}}\n",
        iso.display().to_string()
    )
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
        let isolated = isolated("arch", Path::new("/a.iso"));
        assert!(isolated.contains("\"10.77.0.0/24\"\n    dhcp \"server\" {\n"), "{isolated}");
        assert!(!one("arch", Path::new("/a.iso")).contains("menu"));
    }
}
