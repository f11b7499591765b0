//! Tells a service manager that the ports are open (`sd_notify(3)`): what waits for netspec may start then.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Sends `READY=1` to the socket that the service manager names in `$NOTIFY_SOCKET`: a path, or with `@` a name in the abstract
/// namespace.
///
/// # Errors
/// Why it cannot be told; the manager will then wait in vain and end netspec.
pub fn tell(socket: &OsStr) -> io::Result<()> {
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    UnixDatagram::unbound()?.send_to_addr(b"READY=1", &address).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 64];
        let len = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..len]).into_owned()
    }

    #[test]
    fn is_told_by_path_and_by_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        tell(path.as_os_str()).unwrap();
        assert_eq!(heard(&socket), "READY=1");

        let name = format!("netspec-test-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        tell(OsStr::new(&format!("@{name}"))).unwrap();
        assert_eq!(heard(&socket), "READY=1");
    }

    #[test]
    fn a_manager_that_is_gone_is_an_error() {
        assert!(tell(OsStr::new("/nonexistent/notify")).is_err());
        assert!(tell(OsStr::new(&"x".repeat(200))).is_err());
    }
}
