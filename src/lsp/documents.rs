//! The documents that are open in the editor, and how checking sees them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::text::Text;
use crate::spec::tree::Tree;
use crate::world::{OsWorld, ReadAt, World};

/// A document that is open.
#[derive(Debug)]
pub(super) struct Document {
    /// What the editor calls it.
    pub uri: String,
    /// The editor's number of this text.
    pub version: i64,
    pub text: Arc<Text>,
    tree: OnceLock<Arc<Tree>>,
}

impl Document {
    pub(super) fn new(uri: String, version: i64, text: Text) -> Self {
        Self { uri, version, text: Arc::new(text), tree: OnceLock::new() }
    }

    /// The nodes of the text, which are looked for once.
    pub(super) fn tree(&self) -> &Arc<Tree> {
        self.tree.get_or_init(|| Arc::new(Tree::new(&self.text.text)))
    }
}

/// The file that a URI means. Other schemes than `file`, as those of buffers without a file, are file names of their own.
pub(super) fn path_of(uri: &str) -> PathBuf {
    let Some(rest) = uri.strip_prefix("file://") else {
        return PathBuf::from(uri.replace('/', "_"));
    };
    let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or(rest);
    let mut bytes = Vec::new();
    let mut left = path.as_bytes();
    while let Some((&first, rest)) = left.split_first() {
        let code = rest.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, code) {
            (b'%', Some(code)) => {
                bytes.push(code);
                left = rest.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(first);
                left = rest;
            }
        }
    }
    normal(Path::new(&String::from_utf8_lossy(&bytes).into_owned()))
}

/// The URI of a file.
pub(super) fn uri_of(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

/// A path without `.` and `..`, so that one file has one name.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if normal.file_name().is_some() => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

/// The files of this machine, with the texts of the editor in the place of those that are open.
#[derive(Debug, Clone, Default)]
pub(super) struct Overlay {
    /// By [`normal`] path.
    pub texts: Arc<BTreeMap<PathBuf, Arc<str>>>,
}

struct Bytes(Arc<str>);

impl ReadAt for Bytes {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset).ok().and_then(|offset| self.0.as_bytes().get(offset..)).unwrap_or_default();
        let length = rest.len().min(buf.len());
        buf[..length].copy_from_slice(&rest[..length]);
        Ok(length)
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }
}

impl World for Overlay {
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadAt>> {
        match self.texts.get(&normal(path)) {
            Some(text) => Ok(Arc::new(Bytes(text.clone()))),
            None => OsWorld.open(path),
        }
    }

    fn list(&self, path: &Path) -> io::Result<Vec<PathBuf>> {
        OsWorld.list(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        let real = OsWorld.canonical(path);
        // A buffer may have no file yet.
        if real.is_err() && self.texts.contains_key(&normal(path)) { Ok(normal(path)) } else { real }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_a_path_and_back() {
        let path = Path::new("/home/me/my specs/ä%.kdl");
        assert_eq!(uri_of(path), "file:///home/me/my%20specs/%C3%A4%25.kdl");
        assert_eq!(path_of(&uri_of(path)), path);
        assert_eq!(path_of("file:///a/b/../c%3A.kdl"), Path::new("/a/c:.kdl"));
        assert_eq!(path_of("file://localhost/a.kdl"), Path::new("/a.kdl"));
        assert_eq!(path_of("untitled:Untitled-1"), Path::new("untitled:Untitled-1"));
        assert_eq!(path_of("file:///a%"), Path::new("/a%"));
        assert_eq!(path_of("file:///a%zz%ff"), Path::new("/a%zz\u{fffd}"));
    }

    #[test]
    fn the_editor_has_the_last_word_about_a_file() {
        let texts = BTreeMap::from([(PathBuf::from("/nowhere/a.kdl"), Arc::from("text"))]);
        let world = Overlay { texts: Arc::new(texts) };
        assert_eq!(world.read(Path::new("/nowhere/b/../a.kdl"), 100).unwrap(), b"text");
        assert_eq!(world.canonical(Path::new("/nowhere/./a.kdl")).unwrap(), Path::new("/nowhere/a.kdl"));
        assert!(world.read(Path::new("/nowhere/b.kdl"), 100).is_err());
    }
}
