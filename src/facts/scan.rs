//! Reads files once and in pieces, so that a file of any size costs one piece of memory.

use std::io;

use sha2::{Digest as _, Sha256};

use super::Digest;
use crate::world::ReadAt;

/// How much of a file is held in memory, in bytes.
const PIECE: usize = 256 * 1024;

/// Gives every piece of a file to `on`, in order, until that says to stop; whether it was read to its end.
///
/// # Errors
/// What the operating system says; `UnexpectedEof` where the file was cut while it was read.
pub fn pieces(file: &dyn ReadAt, mut on: impl FnMut(&[u8]) -> bool) -> io::Result<bool> {
    let size = file.size();
    let mut piece = vec![0; usize::try_from(size).map_or(PIECE, |size| size.min(PIECE))];
    let mut at = 0;
    while at < size {
        let len = usize::try_from(size - at).map_or(PIECE, |rest| rest.min(PIECE));
        file.read_exact_at(at, &mut piece[..len])?;
        if !on(&piece[..len]) {
            return Ok(false);
        }
        at += len as u64;
    }
    Ok(true)
}

/// What one reading of a file tells.
pub(super) struct Scanned<const N: usize> {
    /// Of the whole file.
    pub(super) sha256: Digest,
    /// Which of the texts are in it.
    pub(super) has: [bool; N],
}

/// The digest of a file, and which of some texts are in it.
pub(super) fn scan<const N: usize>(file: &dyn ReadAt, texts: [&[u8]; N]) -> io::Result<Scanned<N>> {
    let mut hash = Sha256::new();
    let mut search = Search::new(texts);
    pieces(file, |piece| {
        hash.update(piece);
        search.take(piece);
        true
    })?;
    Ok(Scanned { sha256: Digest(hash.finalize().into()), has: search.found })
}

/// Whether one of some texts is in a file.
pub(super) fn has_any<const N: usize>(file: &dyn ReadAt, texts: [&[u8]; N]) -> io::Result<bool> {
    let mut search = Search::new(texts);
    let is_out = pieces(file, |piece| {
        search.take(piece);
        !search.found.contains(&true)
    })?;
    Ok(!is_out || search.found.contains(&true))
}

/// Looks for texts in pieces, also across their edges.
struct Search<'a, const N: usize> {
    texts: [&'a [u8]; N],
    found: [bool; N],
    /// The end of the piece before.
    tail: Vec<u8>,
}

impl<'a, const N: usize> Search<'a, N> {
    fn new(texts: [&'a [u8]; N]) -> Self {
        Self { texts, found: [false; N], tail: Vec::new() }
    }

    fn take(&mut self, piece: &[u8]) {
        let longest = self.texts.iter().map(|text| text.len()).max().unwrap_or(0).saturating_sub(1);
        let mut edge = std::mem::take(&mut self.tail);
        edge.extend(&piece[..piece.len().min(longest)]);
        for (text, found) in self.texts.iter().zip(&mut self.found) {
            *found = *found || contains(&edge, text) || contains(piece, text);
        }
        // A piece shorter than the texts adds to the end of the one before.
        self.tail = if piece.len() < longest { edge } else { piece[piece.len() - longest..].to_vec() };
        self.tail.drain(..self.tail.len().saturating_sub(longest));
    }
}

fn contains(bytes: &[u8], text: &[u8]) -> bool {
    let Some((&first, _)) = text.split_first() else { return true };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == first) {
        rest = &rest[at..];
        if rest.starts_with(text) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_text_across_two_pieces_is_found() {
        for at in [0, PIECE - 5, PIECE - 1, PIECE, 2 * PIECE - 3, 2 * PIECE + 10] {
            let mut bytes = vec![b'.'; 2 * PIECE + 20];
            bytes[at..at + 8].copy_from_slice(b"HTTP/1.1");
            let scanned = scan(&bytes, [b"HTTP/1.1", b"HTTP/2.2"]).unwrap();
            assert_eq!(scanned.has, [true, false], "{at}");
            assert_eq!(scanned.sha256, Digest::of(&bytes));
            assert!(has_any(&bytes, [b"gopher", b"TP/1.1"]).unwrap());
        }
        assert!(!has_any(&vec![b'.'; PIECE], [b"TP/1.1"]).unwrap());
        assert_eq!(scan(&Vec::new(), [b"x"]).unwrap().has, [false]);
    }

    proptest! {
        #[test]
        fn finds_what_is_there_however_it_is_cut(cuts in prop::collection::vec(0usize..12, 0..8), text in "[ab]{1,4}") {
            let whole = b"abaabbbabaab";
            let mut search = Search::new([text.as_bytes()]);
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut from = 0;
            for to in cuts.into_iter().chain([whole.len()]) {
                search.take(&whole[from..to]);
                from = to;
            }
            prop_assert_eq!(search.found[0], whole.windows(text.len()).any(|window| window == text.as_bytes()));
        }
    }
}
