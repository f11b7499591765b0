//! dnsmasq and nginx as `netspec export` configures them, over the folder that `netspec build` makes.

use std::path::Path;

use super::nginx::Nginx;
use super::{Order, START};
use crate::error::{Context, Result};
use crate::lab::SERVER;
use crate::lab::process::{Launch, Process};

/// Builds the folder, exports both configurations and starts both servers.
pub fn start(order: &Order<'_>) -> Result<Vec<Process>> {
    std::fs::write(order.spec_file, order.spec).context(order.spec_file.display())?;
    let out = order.scratch.join("out");
    let server = SERVER.to_string();
    let netspec = |arguments: &[&str]| {
        let launch = Launch::new("netspec", order.netspec).args(arguments).arg(order.spec_file);
        launch.args(["--server", &server]).arg("-o").arg(&out).output()
    };
    netspec(&["build"])?;
    let config = order.scratch.join("dnsmasq.conf");
    std::fs::write(&config, netspec(&["export", "dnsmasq"])?).context(config.display())?;
    let web = Nginx { host: order.host, scratch: order.scratch, log: order.log };
    let mut web = web.start(&netspec(&["export", "dnsmasq", "--web", "nginx"])?)?;
    let mut dnsmasq = dnsmasq(order, &config)?;
    web.check_alive()?;
    dnsmasq.check_alive()?;
    Ok(vec![dnsmasq, web])
}

/// What the command line adds has nothing to do with booting: it keeps dnsmasq in its namespace and out of the machine's files.
fn dnsmasq(order: &Order<'_>, config: &Path) -> Result<Process> {
    let launch = Launch::new("dnsmasq as exported", "dnsmasq")
        .args(["--no-daemon", "--user=root", "--pid-file=", "--log-facility=-", "--dhcp-leasefile=/dev/null"])
        .arg(format!("--conf-file={}", config.display()));
    let mut process = launch.inside(order.host.id()).log(order.log).spawn()?;
    process.wait_for_log(order.log, "DHCP, proxy", START)?;
    Ok(process)
}
