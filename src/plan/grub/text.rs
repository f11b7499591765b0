//! Text as GRUB's script language takes it, and as GRUB passes it on to the kernel.

use crate::plan::template::MACHINE;

/// A word in which nothing has a meaning. Single quotes end only at the next one, which is written outside of them.
///
/// The text must be one line; those of specs and ISOs are made so by [`one_line`](crate::plan::template::one_line).
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A word of a kernel command line.
///
/// GRUB writes double quotes around a word with blanks by itself, and a backslash before quotes that it is given, which the
/// kernel would take for a part of the value. So the quotes of `a="b c"` are left out here, and the kernel reads `"a=b c"`,
/// which means the same to it (`next_arg` of Linux' `lib/cmdline.c`). Single quotes and backslashes reach the kernel with a
/// backslash before them, whatever is written here.
pub(super) fn kernel_word(word: &str) -> String {
    // Who asks is in a variable.
    quoted(&word.replace('"', "")).replace(MACHINE, r#"'"$machine"'"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_quoted_word() {
        assert_eq!(quoted("plain"), "'plain'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(r#"$x; "y" {z} \ `a`"#), r#"'$x; "y" {z} \ `a`'"#);
        assert_eq!(quoted("'; reboot; '"), r"''\''; reboot; '\'''");
    }

    #[test]
    fn a_word_keeps_its_blanks_and_loses_the_quotes_around_them() {
        assert_eq!(kernel_word(r#"ocs_live_run="ocs live""#), "'ocs_live_run=ocs live'");
        assert_eq!(kernel_word(&format!("url={MACHINE}/y")), r#"'url='"$machine"'/y'"#);
        assert_eq!(kernel_word("ds=nocloud-net;s=http://x/"), "'ds=nocloud-net;s=http://x/'");
    }
}
