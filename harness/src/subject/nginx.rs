//! nginx, as plain as it can be.

use std::path::Path;

use super::START;
use crate::error::{Context, Result};
use crate::lab::Host;
use crate::lab::process::{Launch, Process};

/// Where it runs, and where it writes.
pub struct Nginx<'a> {
    /// The machine.
    pub host: &'a Host,
    /// For its configuration and what it keeps while it runs.
    pub scratch: &'a Path,
    /// What it says, requests included.
    pub log: &'a Path,
}

impl Nginx<'_> {
    /// Starts it with these `server` blocks; it is ready when this returns.
    pub fn start(&self, servers: &str) -> Result<Process> {
        let (scratch, log) = (self.scratch.display(), self.log.display());
        let config = self.scratch.join("nginx.conf");
        let text = format!(
            "user root;\ndaemon off;\nmaster_process off;\npid {scratch}/nginx.pid;\nerror_log {log} notice;\n\
             events {{}}\nhttp {{\n  access_log {log};\n  sendfile on;\n  client_body_temp_path {scratch}/body;\n\
             proxy_temp_path {scratch}/proxy;\n  fastcgi_temp_path {scratch}/fastcgi;\n  uwsgi_temp_path {scratch}/uwsgi;\n\
             scgi_temp_path {scratch}/scgi;\n{servers}}}\n",
        );
        std::fs::write(&config, text).context(config.display())?;
        let launch = Launch::new("nginx", "nginx").arg("-c").arg(&config).arg("-e").arg(self.log);
        let mut process = launch.inside(self.host.id()).log(self.log).spawn()?;
        process.wait_for_log(self.log, "nginx/", START)?;
        Ok(process)
    }
}
