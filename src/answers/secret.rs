//! Passwords in clear. Answers go over the network to whoever asks for them.

use crate::spec::answers::Format;

/// A line with a password in clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The line of the result, from 1 on.
    pub line: usize,
    /// The word that says that it is one: `rootpw`.
    pub key: String,
    /// What to write instead.
    pub help: &'static str,
}

/// The lines of a result that have a password in clear.
pub fn secrets(format: Format, text: &str) -> Vec<Secret> {
    let of_line = match format {
        Format::Preseed => preseed,
        Format::Kickstart => kickstart,
        Format::CloudInit => cloud_init,
        Format::Archinstall => archinstall,
    };
    let found = (1..).zip(text.lines()).filter_map(|(line, text)| {
        let (key, help) = of_line(text)?;
        Some(Secret { line, key, help })
    });
    found.collect()
}

const PRESEED: &str =
    "write the hash that `mkpasswd -m sha-512` prints: `d-i passwd/root-password-crypted password $6$…`";
const KICKSTART: &str = "write the hash that `mkpasswd -m sha-512` prints, with `--iscrypted`, or `rootpw --lock`";
const CLOUD_INIT: &str = "write the hash that `mkpasswd -m sha-512` prints, or SSH keys alone";
const ARCHINSTALL: &str = "write the hash that `mkpasswd -m yescrypt` prints, as `enc_password`";

type Found = Option<(String, &'static str)>;

fn preseed(line: &str) -> Found {
    let mut words = line.split_whitespace();
    let (_, question, kind) = (words.next()?, words.next()?, words.next()?);
    let value = words.next()?;
    let is_clear = kind == "password" && !question.ends_with("-crypted") && !question.ends_with("-again");
    (is_clear && !is_hash(value)).then(|| (question.to_owned(), PRESEED))
}

fn kickstart(line: &str) -> Found {
    let mut words = line.split_whitespace();
    let command = words.next()?;
    let words: Vec<&str> = words.collect();
    let has = |option: &str| words.contains(&option);
    let gives = match command {
        "rootpw" => words.iter().any(|word| !word.starts_with("--")) && !has("--lock"),
        "user" | "bootloader" | "sshpw" => {
            words.iter().any(|word| *word == "--password" || word.starts_with("--password="))
                || command == "sshpw" && words.iter().any(|word| !word.starts_with("--"))
        }
        _ => false,
    };
    (gives && !has("--iscrypted")).then(|| (command.to_owned(), KICKSTART))
}

fn cloud_init(line: &str) -> Found {
    let (key, value) = line.trim().trim_start_matches("- ").trim_start_matches(['{', ' ']).split_once(':')?;
    let key = key.trim().trim_matches(['"', '\'']);
    let value = value.trim().trim_matches(['"', '\'']);
    let is_password = matches!(key, "password" | "passwd" | "plain_text_passwd" | "hashed_passwd");
    // `RANDOM` or `R` makes cloud-init think of one; `!` and `*` let nobody in.
    let is_other = matches!(value, "" | "R" | "RANDOM") || value.starts_with(['!', '*', '|', '>', '#']);
    (is_password && !is_other && !is_hash(value)).then(|| (key.to_owned(), CLOUD_INIT))
}

fn archinstall(line: &str) -> Found {
    // These two names have had passwords in clear since the first archinstall; hashes are in `…enc_password`.
    ["!root-password", "!password", "!encryption-password", "encryption_password"].into_iter().find_map(|key| {
        let value = line.split_once(&format!("\"{key}\""))?.1.trim_start().strip_prefix(':')?.trim_start();
        (value.starts_with('"') && !value.starts_with("\"\"")).then(|| (key.to_owned(), ARCHINSTALL))
    })
}

/// Whether this is a hash of crypt(5): `$6$…`.
fn is_hash(value: &str) -> bool {
    value.trim_matches(['"', '\'']).starts_with('$')
}
