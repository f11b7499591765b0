//! What a spec writes on the command lines of kernels, word by word, for those who compare it with what ISOs hold.

use super::words_at;
use crate::source::{Span, Spanned};
use crate::spec::Spec;
use crate::spec::file::FileRef;
use crate::spec::menu::Target;

/// The words that a spec gives to the kernels of one ISO, or to one kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// The name of the ISO.
    pub iso: String,
    /// The words, each with its place.
    pub words: Vec<Spanned<String>>,
    /// The kernel that has these words and no others; `None` where they are added to the words of the ISO's own kernels.
    pub kernel: Option<KernelByHand>,
}

/// A kernel that an entry names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KernelByHand {
    /// The name of the menu that the entry is in.
    pub menu: String,
    /// The name of the entry.
    pub entry: String,
    /// Its path in the ISO, without a leading slash.
    pub path: Spanned<String>,
    /// The paths of its initial RAM disks, likewise.
    pub initrds: Vec<Spanned<String>>,
    /// The place of the entry's name.
    pub span: Span,
}

impl CommandLine {
    /// What stands behind `key=` in the last word that says it; empty for a word without a value.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.words.iter().rev().find_map(|word| match word.value.strip_prefix(key)? {
            "" => Some(""),
            rest => rest.strip_prefix('='),
        })
    }

    /// Whether a word stands there exactly so.
    pub fn has(&self, word: &str) -> bool {
        self.words.iter().any(|known| known.value == word)
    }
}

/// All command lines: those of ISOs, then those of entries in the order of the menus.
pub(super) fn command_lines(spec: &Spec) -> Vec<CommandLine> {
    let of_isos = spec.isos.iter().map(|iso| CommandLine {
        iso: iso.name.value.clone(),
        words: iso.arguments.iter().flat_map(words_at).collect(),
        kernel: None,
    });
    let entries = spec.menus.iter().flat_map(|menu| menu.entries().map(move |entry| (menu, entry)));
    let of_entries = entries.filter_map(|(menu, entry)| {
        let (Some(Target::Iso(iso)), Some(kernel)) = (&entry.target, &entry.kernel) else { return None };
        let path = |file: &FileRef| Spanned::new(file.path.value.trim_start_matches('/').to_owned(), file.path.span);
        Some(CommandLine {
            iso: iso.value.clone(),
            words: entry.arguments.iter().flat_map(words_at).collect(),
            kernel: Some(KernelByHand {
                menu: menu.name.value.clone(),
                entry: entry.name.value.clone(),
                path: path(kernel),
                initrds: entry.initrds.iter().map(path).collect(),
                span: entry.name.span,
            }),
        })
    });
    of_isos.chain(of_entries).collect()
}

/// The path of a file or folder of the ISO in a word of a command line: what stands behind `{iso}/`, up to a sign that ends a
/// path in the words of some reader. `None` where there is none, or one that is not meant letter by letter.
pub fn path_in(word: &str) -> Option<&str> {
    let (_, behind) = word.split_once("{iso}/")?;
    let path = behind.split(['"', ';', ',', '?', '#', '&']).next()?.trim_end_matches('/');
    (!path.is_empty() && !path.contains(['%', '{', '$'])).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::path_in;

    #[test]
    fn finds_the_path_in_a_word() {
        assert_eq!(path_in("fetch={iso}/live/filesystem.squashfs"), Some("live/filesystem.squashfs"));
        assert_eq!(path_in("root=live:{iso}/LiveOS/squashfs.img"), Some("LiveOS/squashfs.img"));
        assert_eq!(path_in("ds=nocloud-net;s={iso}/nocloud/"), Some("nocloud"));
        assert_eq!(path_in("a=\"{iso}/b c\""), Some("b c"));
        for word in
            ["quiet", "url={iso}.iso", "archiso_http_srv={iso}/", "inst.repo={iso}", "x={iso}/a%20b", "x={iso}/${arch}"]
        {
            assert_eq!(path_in(word), None, "{word}");
        }
    }
}
