//! `netspec export dnsmasq`: the closest configuration of other servers.

use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::args::{DnsmasqArgs, WebServer};
use super::report;
use crate::export::{Place, dnsmasq, web};
use crate::facts::Use;
use crate::plan::Plan;
use crate::proto::dhcp::ServerAddr;
use crate::serve::host;

pub(super) fn run(args: &DnsmasqArgs) -> ExitCode {
    let Some(outcome) = report::outcome(&args.spec, args.lock.mode(), Use::Planning) else {
        return ExitCode::FAILURE;
    };
    match place(args, &outcome.plan) {
        Ok(place) => {
            let text = match args.web {
                None => dnsmasq::config(&outcome.plan, &place, &build_command(args, &place)),
                Some(WebServer::Nginx) => web::config(web::Web::Nginx, &place),
                Some(WebServer::Darkhttpd) => web::config(web::Web::Darkhttpd, &place),
            };
            report::write(std::io::stdout(), &text);
            ExitCode::SUCCESS
        }
        Err(reason) => {
            report::write(std::io::stderr(), &format!("netspec: {reason}\n"));
            ExitCode::from(2)
        }
    }
}

fn place(args: &DnsmasqArgs, plan: &Plan) -> Result<Place, String> {
    super::build::without_answers(plan)?;
    let server = args.server.or_else(|| address(plan)).ok_or_else(|| {
        "the address of the machine that dnsmasq runs on is not known; say it with `--server ADDRESS`".to_owned()
    })?;
    if ServerAddr::new(server).is_none() {
        return Err(format!(
            "no machine has the address {server}; --server takes that of the machine that dnsmasq runs on"
        ));
    }
    let origin = match &args.origin {
        Some(origin) => origin.clone(),
        None => super::build::usual_origin(plan, server)?,
    };
    if origin.is_https() {
        return Err(format!(
            "`{origin}` needs TLS, which PXELINUX and GRUB cannot do; say an `http://` URL with `--origin`"
        ));
    }
    let folder =
        absolute(&args.out).map_err(|error| format!("cannot say where `{}` is: {error}", args.out.display()))?;
    Ok(Place { server, origin, root: folder.join("current") })
}

/// The address that the spec says, else the first one of this machine on one of its networks.
fn address(plan: &Plan) -> Option<Ipv4Addr> {
    let said = plan.networks.iter().find_map(|network| network.address);
    said.or_else(|| host::locate(&plan.networks).0.first()?.addresses.first().copied())
}

/// An absolute path, also of what is not there yet.
fn absolute(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path).or_else(|_| std::path::absolute(path))
}

fn build_command(args: &DnsmasqArgs, place: &Place) -> String {
    let Place { server, origin, .. } = place;
    format!("netspec build {} -o {} --server {server} --origin {origin}", args.spec.display(), args.out.display())
}
