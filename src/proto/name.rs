//! Turns the name in a request into the one way to write it, or refuses it.
//!
//! Firmware and boot loaders write the same file as `boot/x`, `/boot/x`, `//boot//x`, `.\boot\x` or `boot/x` with a byte of
//! garbage behind it. The result of this module is what [`crate::serve::content::Files`] looks up. It is a name in an
//! allow-list, never a path that is given to the operating system.
//!
//! Bytes that are not UTF-8 become U+FFFD. No served file has that in its name; what asks for such a name is a client that takes
//! other data for one (ST-11).
//!
//! **Invariant:** a result is not empty, has no empty, `.` or `..` component, no control byte and no drive prefix.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::borrow::Cow;

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing is left of it, or it ends in a slash.
    #[error("not the name of a file")]
    NotAFile,
    /// It has a `..` component.
    #[error("`..` in a name is refused")]
    Parent,
    /// It has a NUL or another control byte.
    #[error("control bytes in a name are refused")]
    Control,
    /// It begins with a drive letter and a colon.
    #[error("a drive prefix is refused")]
    Drive,
    /// It has a `%` without two hexadecimal digits behind it.
    #[error("a `%` without two hexadecimal digits")]
    Escape,
    /// It has a slash inside of a component (`%2F`), which no served file has.
    #[error("an escaped slash is part of no name")]
    EscapedSlash,
}

/// The canonical form of a name in a TFTP request.
///
/// Bytes at the end that cannot be printed are dropped: ROMs that read option 67 as a C string ask for `name\xff` (BI-05).
///
/// # Errors
/// Why no served file can have this name (TF-40, TF-41).
pub fn from_tftp(raw: &[u8]) -> Result<String, NameError> {
    let printable = |b: &u8| *b != 0xff && !b.is_ascii_control();
    let end = raw.iter().rposition(printable).map_or(0, |last| last + 1);
    let mut canonical = Canonical::default();
    for component in raw[..end].split(|b| matches!(b, b'/' | b'\\')) {
        canonical.push(component)?;
    }
    canonical.finish()
}

/// The canonical form of the path in an HTTP request target, without its query and fragment.
///
/// `%XX` is decoded once and `+` stays a plus sign. Raw spaces and bytes above 0x7F are taken as they are, because GRUB sends
/// the path without escaping it (HT-14). A target without a leading slash is taken too (HT-13).
///
/// # Errors
/// Why no served file can have this name.
pub fn from_http(target: &[u8]) -> Result<String, NameError> {
    let end = target.iter().position(|b| matches!(b, b'?' | b'#')).unwrap_or(target.len());
    let mut canonical = Canonical::default();
    // Components are cut before they are decoded, so that an escaped slash or backslash cannot make a new one.
    for component in target[..end].split(|b| matches!(b, b'/' | b'\\')) {
        let decoded = percent_decode(component)?;
        if decoded.contains(&b'/') {
            return Err(NameError::EscapedSlash);
        }
        canonical.push(&decoded)?;
    }
    canonical.finish()
}

fn percent_decode(raw: &[u8]) -> Result<Cow<'_, [u8]>, NameError> {
    if !raw.contains(&b'%') {
        return Ok(Cow::Borrowed(raw));
    }
    let mut decoded = Vec::with_capacity(raw.len());
    let mut rest = raw.iter();
    while let Some(&byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || rest.next().and_then(|b| char::from(*b).to_digit(16)).ok_or(NameError::Escape);
            let (high, low) = (digit()?, digit()?);
            decoded.push(u8::try_from(high * 16 + low).map_err(|_| NameError::Escape)?);
        } else {
            decoded.push(byte);
        }
    }
    Ok(Cow::Owned(decoded))
}

/// A name under construction, component by component.
#[derive(Default)]
struct Canonical {
    path: Vec<u8>,
    /// Whether the last component was empty or `.`: such a name means a directory.
    open: bool,
}

impl Canonical {
    fn push(&mut self, component: &[u8]) -> Result<(), NameError> {
        if component.iter().any(u8::is_ascii_control) {
            return Err(NameError::Control);
        }
        self.open = matches!(component, b"" | b".");
        if self.open {
            return Ok(());
        }
        // A component of dots and blanks would be `..` on a file system that drops blanks at the end.
        if component.starts_with(b"..") && component.iter().all(|b| matches!(b, b'.' | b' ')) {
            return Err(NameError::Parent);
        }
        if self.path.is_empty() && matches!(component, [letter, b':', ..] if letter.is_ascii_alphabetic()) {
            return Err(NameError::Drive);
        }
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(component);
        Ok(())
    }

    fn finish(self) -> Result<String, NameError> {
        if self.open || self.path.is_empty() {
            return Err(NameError::NotAFile);
        }
        Ok(String::from_utf8_lossy(&self.path).into_owned())
    }
}

#[cfg(test)]
mod tests;
