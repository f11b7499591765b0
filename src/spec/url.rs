//! Addresses of files on other servers: `https://boot.example.org/menu.ipxe`.

use std::fmt;

use crate::diag::nearest::{listed, nearest, shown};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Spanned;

/// The longest URL, in bytes. iPXE reads lines of any length; PXELINUX keeps 4 KiB for one.
const MAX_URL: usize = 1024;

/// How a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// HTTP (RFC 9110).
    Http,
    /// HTTP over TLS.
    Https,
    /// TFTP (RFC 3617).
    Tftp,
}

impl Scheme {
    /// Its name, as a URL begins with it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Tftp => "tftp",
        }
    }
}

/// A URL that boot loaders read as it stands: a known scheme, a host, an optional port and a path, in printable ASCII
/// (RFC 3986).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Url {
    text: String,
    scheme: Scheme,
}

impl Url {
    /// How it is asked for.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The whole URL.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host, with its port where one is written: `boot.example.org:8080`.
    pub fn authority(&self) -> &str {
        self.behind_scheme().split(['/', '?']).next().unwrap_or_default()
    }

    /// The path with its first slash, and a query: `/menu.ipxe`. A URL without one has the path `/`.
    pub fn path(&self) -> &str {
        self.behind_scheme().find('/').and_then(|at| self.behind_scheme().get(at..)).unwrap_or("/")
    }

    /// The last part of the path: `menu.ipxe`; empty where the path ends in a slash.
    pub fn file_name(&self) -> &str {
        let path = self.path().split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    fn behind_scheme(&self) -> &str {
        self.text.get(self.scheme.name().len() + 3..).unwrap_or_default()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Whether a text is meant as a URL, and not as a path.
pub(super) fn is_meant(text: &str) -> bool {
    text.contains("://")
}

/// Reads a URL whose scheme must be one of `schemes`.
pub(super) fn read(text: &Spanned<String>, schemes: &[Scheme], out: &mut Diagnostics) -> Option<Spanned<Url>> {
    match parse(&text.value, schemes) {
        Ok(url) => Some(Spanned::new(url, text.span)),
        Err(Fault { message, label, help }) => {
            out.push(Diagnostic::new(Code::UrlInvalid, message).at(text.span, label).help(help));
            None
        }
    }
}

struct Fault {
    message: String,
    label: &'static str,
    help: String,
}

fn parse(text: &str, schemes: &[Scheme]) -> Result<Url, Fault> {
    let seen = shown(text);
    let fault = |message: String, label: &'static str, help: String| Err(Fault { message, label, help });
    let names = || schemes.iter().map(|scheme| scheme.name());
    let Some((name, rest)) = text.split_once("://") else {
        let help = format!("begin it with {}", either(names().map(|name| format!("{name}://"))));
        return fault(format!("`{seen}` is no URL"), "no scheme", help);
    };
    let Some(&scheme) = schemes.iter().find(|scheme| scheme.name().eq_ignore_ascii_case(name)) else {
        let help = match nearest(name, names()) {
            Some(near) => format!("did you mean `{near}://`?"),
            None => format!("take a server that speaks {}", either(names())),
        };
        return fault(
            format!("`{seen}` cannot be loaded: `{}` is no scheme for this", shown(name)),
            "wrong scheme",
            help,
        );
    };
    if text.len() > MAX_URL {
        let message = format!("the URL has {} bytes, more than the limit of {MAX_URL}", text.len());
        return fault(message, "too long", "give the file a shorter name on its server".to_owned());
    }
    if let Some(wrong) = rest.chars().find(|c| !is_url_char(*c)) {
        let mut escaped = String::new();
        for byte in wrong.to_string().bytes() {
            escaped.push_str(&format!("%{byte:02X}"));
        }
        let help = match wrong {
            '#' => "leave out the `#` and what follows: it is never sent to a server".to_owned(),
            _ => format!("write `{escaped}` for it"),
        };
        return fault(format!("a URL cannot hold `{}`", shown(&wrong.to_string())), "not a URL", help);
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        let help = "leave out the name and the password: they would stand in a menu that everybody can read".to_owned();
        return fault(format!("`{seen}` has a password in it"), "would be public", help);
    }
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let host_fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if host.is_empty() || !host.chars().all(host_fits) {
        let help = format!("write the name or the IPv4 address of the server, as in `{name}://192.168.1.5/file`");
        return fault(format!("`{seen}` names no server"), "no host", help);
    }
    if port.is_some_and(|port| port.parse::<u16>().map_or(true, |port| port == 0)) {
        let help = "write a port from 1 to 65535, or leave it out".to_owned();
        return fault(format!("`{seen}` has no port behind the colon"), "no such port", help);
    }
    Ok(Url { text: format!("{}://{rest}", scheme.name()), scheme })
}

fn either(names: impl Iterator<Item = impl fmt::Display>) -> String {
    listed(names).replace(" and ", " or ")
}

/// Unreserved and reserved characters of RFC 3986 section 2 without brackets, and the percent sign. Braces and the dollar before
/// them would be a setting to iPXE.
fn is_url_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/?@!$&'()*+,;=%".contains(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: &[Scheme] = &[Scheme::Http, Scheme::Https, Scheme::Tftp];

    fn parts(text: &str) -> (Scheme, String, String, String) {
        let url = parse(text, ALL).unwrap_or_else(|fault| panic!("{text}: {}", fault.message));
        (url.scheme(), url.authority().into(), url.path().into(), url.file_name().into())
    }

    fn fault(text: &str) -> String {
        parse(text, ALL).map_or_else(|fault| format!("{}; {}", fault.message, fault.help), |url| panic!("{url:?}"))
    }

    #[test]
    fn reads_the_parts() {
        let whole = parts("HTTPS://boot.example.org:8443/a/menu.ipxe?x=/1");
        assert_eq!(
            whole,
            (Scheme::Https, "boot.example.org:8443".into(), "/a/menu.ipxe?x=/1".into(), "menu.ipxe".into())
        );
        assert_eq!(parts("tftp://10.0.0.1"), (Scheme::Tftp, "10.0.0.1".into(), "/".into(), String::new()));
        assert_eq!(parts("http://h/a/").3, "");
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(
            fault("ftp://h/x"),
            "`ftp://h/x` cannot be loaded: `ftp` is no scheme for this; did you mean `tftp://`?"
        );
        assert!(fault("nfs://h/x").ends_with("take a server that speaks `http`, `https` or `tftp`"));
        assert_eq!(fault("boot.ipxe"), "`boot.ipxe` is no URL; begin it with `http://`, `https://` or `tftp://`");
        assert_eq!(fault("http://h/a b"), "a URL cannot hold ` `; write `%20` for it");
        assert_eq!(fault("http://h/é"), "a URL cannot hold `é`; write `%C3%A9` for it");
        assert_eq!(fault("http://h/${net0/mac}"), "a URL cannot hold `{`; write `%7B` for it");
        assert!(fault("http://h/x#y").contains("leave out the `#`"));
        assert!(fault("http:///x").starts_with("`http:///x` names no server"));
        assert!(fault("http://a:b@h/x").starts_with("`http://a:b@h/x` has a password"));
        assert!(fault("http://h:0/x").contains("port") && fault("http://h:x/").contains("port"));
        assert!(fault(&format!("http://h/{}", "x".repeat(1024))).contains("1033 bytes"));
    }

    proptest! {
        #[test]
        fn survives_any_text(text in ".{0,40}") {
            if let Ok(url) = parse(&format!("http://{text}"), ALL) {
                let again = parse(url.as_str(), ALL);
                prop_assert!(again.is_ok_and(|again| again == url));
                prop_assert!(url.path().starts_with('/'));
            }
        }
    }
}
