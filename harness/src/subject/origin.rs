//! A web server beside netspec that hands out what `netspec build` makes, and nothing else.

use std::path::Path;

use super::nginx::Nginx;
use crate::error::{Context, Result};
use crate::lab::process::{Launch, Process};
use crate::lab::{Host, ORIGIN};

/// The URL that the specification says.
pub fn url() -> String {
    format!("http://{ORIGIN}:8080/boot/")
}

/// Builds the payload of a specification and starts nginx over it.
pub fn start(host: &Host, netspec: &Path, spec: &str, scratch: &Path, log: &Path) -> Result<Process> {
    std::fs::create_dir_all(scratch).context(scratch.display())?;
    let spec_file = scratch.join("build.kdl");
    std::fs::write(&spec_file, spec).context(spec_file.display())?;
    let out = scratch.join("out");
    Launch::new("netspec", netspec).arg("build").arg(&spec_file).arg("-o").arg(&out).output()?;
    let web = Nginx { host, scratch, log };
    web.start(&format!(
        "server {{\n    listen {ORIGIN}:8080;\n    location /boot/ {{\n        alias {}/;\n    }}\n}}\n",
        out.display()
    ))
}
