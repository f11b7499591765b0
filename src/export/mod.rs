//! A plan in the words of other servers, for people who must stay with them.
//!
//! [`dnsmasq::config`] is the closest configuration that dnsmasq has, with a comment for each thing that it cannot do;
//! [`web`] has that of the web server beside it. Both hand out the folder that `netspec build --server` makes.

pub mod dnsmasq;
pub mod web;

use std::net::Ipv4Addr;
use std::path::PathBuf;

use crate::net::Origin;

/// Where the other servers are, and what they hand out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The address of the machine that dnsmasq runs on.
    pub server: Ipv4Addr,
    /// The URL of the folder on the web server.
    pub origin: Origin,
    /// The folder on the disk, absolute.
    pub root: PathBuf,
}

impl Place {
    /// The folder as one word of a configuration file.
    fn root(&self) -> String {
        self.root.display().to_string()
    }
}
