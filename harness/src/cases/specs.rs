//! What netspec is told in the cases.

use std::path::Path;

/// The lab's LAN.
const NETWORK: &str = "network \"lab\" { subnet \"10.77.0.0/24\"; interface \"eth0\" }\n";

/// An ISO with a title, as a person would list it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// What the menu calls it.
    pub(super) title: &'a str,
    /// The file.
    pub(super) iso: &'a Path,
    /// What is added to its kernel command line.
    pub(super) arguments: &'a str,
}

/// One ISO without a menu of ours, so that the PC sees the menu that the medium brings.
pub(super) fn one(name: &str, iso: &Path) -> String {
    format!("{NETWORK}iso {name:?} {:?}\n", iso.display().to_string())
}

/// A menu of ISOs.
pub(super) fn menu(isos: &[Listed<'_>]) -> String {
    let nodes: String = isos
        .iter()
        .map(|Listed { name, iso, arguments, .. }| {
            let block = if arguments.is_empty() { String::new() } else { format!(" {{ arguments {arguments:?} }}") };
            format!("iso {name:?} {:?}{block}\n", iso.display().to_string())
        })
        .collect();
    let entries: String = isos
        .iter()
        .map(|Listed { name, title, .. }| format!("    entry {name:?} iso={name:?} title={title:?}\n"))
        .collect();
    format!("{NETWORK}{nodes}menu \"main\" title=\"netspec lab\" {{\n{entries}}}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_lists_each_iso_once_as_a_file_and_once_as_an_entry() {
        let arch = Listed { name: "arch", title: "Arch Linux", iso: Path::new("/a.iso"), arguments: "" };
        let debian = Listed { name: "deb", title: "Debian", iso: Path::new("/d.iso"), arguments: "console=ttyS0" };
        let expected = "network \"lab\" { subnet \"10.77.0.0/24\"; interface \"eth0\" }\n\
                        iso \"arch\" \"/a.iso\"\n\
                        iso \"deb\" \"/d.iso\" { arguments \"console=ttyS0\" }\n\
                        menu \"main\" title=\"netspec lab\" {\n    entry \"arch\" iso=\"arch\" title=\"Arch Linux\"\n    \
                        entry \"deb\" iso=\"deb\" title=\"Debian\"\n}\n";
        assert_eq!(menu(&[arch, debian]), expected);
    }
}
