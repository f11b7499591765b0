//! `netspec serve` as a process: the harness knows it by its command line and by what it sends.

use super::{Order, START};
use crate::error::{Context, Error, Result};
use crate::lab::process::{Launch, Process};

/// The word by which `netspec serve` tells that all its sockets are open.
const READY: &str = "ready";

/// Writes the specification and starts `netspec serve` with it.
pub fn start(order: &Order<'_>) -> Result<Process> {
    std::fs::write(order.spec_file, order.spec).context(order.spec_file.display())?;
    if !order.netspec.is_file() {
        return Err(Error::new(format!("there is no netspec at {}", order.netspec.display())));
    }
    let launch = Launch::new("netspec", order.netspec).arg("serve").arg(order.spec_file);
    let launch = launch.arg("--state").arg(order.scratch.join("state"));
    let mut process = launch.inside(order.host.id()).log(order.log).folder(order.scratch).spawn()?;
    process.wait_for_log(order.log, READY, START)?;
    Ok(process)
}
