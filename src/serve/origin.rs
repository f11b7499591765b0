//! Whether the origin of payload has what a plan hands out: one question at the start, which nothing waits for.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::net::Origin;

/// The file that every built folder has, and that is written last.
pub const INDEX: &str = "index.json";

/// How long the origin may take for each step.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest beginning of an answer that is read: its first line is all that counts.
const MAX_HEAD: usize = 1024;

/// Why an origin is not known to have a payload.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// netspec cannot ask.
    #[error("is not asked: netspec itself speaks no TLS")]
    Tls,
    /// No connection, or no answer.
    #[error("cannot be asked: {0}")]
    Io(#[from] io::Error),
    /// The answer is not one of HTTP.
    #[error("does not answer in HTTP")]
    NoHttp,
    /// The answer is not 200; 403 is what object stores say about what they do not have.
    #[error("does not have it: it answers {0}")]
    Status(u16),
}

impl ProbeError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Tls => "look yourself whether it has the index.json of this folder",
            Self::Io(_) | Self::NoHttp => "see that its server runs, and that this machine and the PCs reach it",
            Self::Status(_) => "run `netspec build` and publish the folder that it makes",
        }
    }
}

/// Asks the origin for the index of a payload, with one HEAD (RFC 9110 section 9.3.2).
///
/// # Errors
/// Why it is not there, or why that cannot be found out. Takes at most some seconds, and what the resolver of names takes.
pub fn probe(payload: &Origin) -> Result<(), ProbeError> {
    if payload.is_https() {
        return Err(ProbeError::Tls);
    }
    let authority = payload.authority();
    let with_port = if authority.contains(':') { authority.clone() } else { format!("{authority}:80") };
    let address = with_port.to_socket_addrs()?.find(SocketAddr::is_ipv4);
    let address = address.ok_or_else(|| io::Error::other("its name has no IPv4 address"))?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let path = payload.path();
    let request = format!(
        "HEAD {path}/{INDEX} HTTP/1.1\r\nHost: {authority}\r\nUser-Agent: netspec\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    match status(&mut stream)? {
        200 => Ok(()),
        other => Err(ProbeError::Status(other)),
    }
}

/// The status of an answer (RFC 9112 section 4).
fn status(stream: &mut impl Read) -> Result<u16, ProbeError> {
    let mut head = Vec::new();
    let mut piece = [0; 256];
    while !head.contains(&b'\n') && head.len() < MAX_HEAD {
        let n = stream.read(&mut piece)?;
        if n == 0 {
            break;
        }
        head.extend_from_slice(piece.get(..n).unwrap_or_default());
    }
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = std::str::from_utf8(line).map_err(|_| ProbeError::NoHttp)?;
    let mut words = line.split_whitespace();
    match (words.next(), words.next().and_then(|word| word.parse().ok())) {
        (Some(version), Some(status)) if version.starts_with("HTTP/1.") => Ok(status),
        _ => Err(ProbeError::NoHttp),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;

    /// Asks a server that gives this answer; returns what it was asked with what came of it.
    fn asked(answer: &'static str) -> (String, Result<(), ProbeError>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let origin: Origin = format!("http://{}/boot/3f", listener.local_addr().unwrap()).parse().unwrap();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let n = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(request[..n].to_vec()).unwrap()
        });
        let result = probe(&origin);
        (server.join().unwrap(), result)
    }

    #[test]
    fn asks_for_the_index_and_reads_the_status() {
        let (request, result) = asked("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n");
        assert!(request.starts_with("HEAD /boot/3f/index.json HTTP/1.1\r\nHost: 127.0.0.1:"), "{request}");
        assert!(result.is_ok());
        let said = |answer| asked(answer).1.unwrap_err().to_string();
        assert_eq!(said("HTTP/1.1 404 Not Found\r\n\r\n"), "does not have it: it answers 404");
        assert_eq!(said("SSH-2.0-OpenSSH_9.2\r\n"), "does not answer in HTTP");
        assert_eq!(said(""), "does not answer in HTTP");
    }

    #[test]
    fn says_where_it_cannot_ask() {
        let secure: Origin = "https://cdn.example/boot".parse().unwrap();
        assert!(matches!(probe(&secure), Err(ProbeError::Tls)));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let origin: Origin = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        drop(listener);
        assert!(matches!(probe(&origin), Err(ProbeError::Io(_))));
    }
}
