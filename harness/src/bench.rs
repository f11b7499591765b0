//! What a case works with: a LAN, a router, the server under test and one PC, each put up by one call.
//!
//! A case names no QEMU flag, no path and no namespace. Everything that was put up is taken down by [`Bench::close`] in
//! the order that leaves nothing waiting, and by dropping the bench if a case panics.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::capture::Capture;
use crate::case::Stop;
use crate::deadline::Accel;
use crate::error::{Context, Error, Result};
use crate::evidence::Evidence;
use crate::firmware::{self, Cpu, Firmware, Rom};
use crate::guest::Guest;
use crate::isos::{self, Isos};
use crate::lab::loss::LossRule;
use crate::lab::netns::is_real_root;
use crate::lab::process::Process;
use crate::lab::{self, Cable, Host, Interference, Lab, ORIGIN, RIVAL, ROUTER, RouterKind, SERVER};
use crate::media;
use crate::qemu::{Hardware, Places, Qemu};
use crate::subject::{self, Image, Order, Subject};

/// What is the same for all cases of a run.
pub struct Options {
    /// The server under test.
    pub subject: Subject,
    /// The `netspec` command.
    pub netspec: PathBuf,
    /// How PCs are emulated.
    pub accel: Accel,
    /// Where ISO files come from.
    pub isos: Box<dyn Isos>,
    /// Where firmware that is not installed is kept.
    pub cache: PathBuf,
}

/// The bench of one case. Its fields are dropped in this order: the PC first, the LAN last.
pub struct Bench<'a> {
    options: &'a Options,
    subject: Subject,
    evidence: Evidence,
    guest: Option<Guest>,
    cable: Option<Cable>,
    servers: Vec<Process>,
    helpers: Vec<Process>,
    hosts: Vec<Host>,
    lab: Option<Lab>,
    has_router: bool,
    links: &'static [(&'static str, &'static str)],
    scratch: TempDir,
}

impl<'a> Bench<'a> {
    /// An empty bench whose evidence goes to a folder of its own in `run`.
    pub fn new(options: &'a Options, subject: Subject, run: &Path, name: &str) -> Result<Self> {
        // Sockets live here, and their paths may have 108 bytes, so this cannot be in the evidence's folder.
        let scratch = scratch_folder()?;
        Ok(Self {
            options,
            subject,
            evidence: Evidence::new(run, name)?,
            guest: None,
            cable: None,
            servers: Vec::new(),
            helpers: Vec::new(),
            hosts: Vec::new(),
            lab: None,
            has_router: false,
            links: &[],
            scratch,
        })
    }

    /// Where the ISO files come from.
    pub fn isos(&self) -> &dyn Isos {
        self.options.isos.as_ref()
    }

    /// Where firmware that is not installed is kept.
    pub fn cache(&self) -> &Path {
        &self.options.cache
    }

    /// The small system for this processor.
    pub fn small(&self, cpu: Cpu) -> std::result::Result<PathBuf, Stop> {
        // The cases tell what is going on.
        isos::made(media::small::small(cpu, &self.options.cache, &|_| ()))
    }

    /// Where this case's files are.
    pub fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Skips the case unless this server is tested.
    pub fn only(&self, subject: Subject) -> std::result::Result<(), Stop> {
        if self.subject == subject {
            return Ok(());
        }
        Err(Stop::Skipped(format!("only {subject} can do this, and the subject is {}", self.subject)))
    }

    /// Skips the case unless this is root of the whole machine.
    pub fn needs_root(&self, why: &str) -> std::result::Result<(), Stop> {
        if is_real_root() { Ok(()) } else { Err(Stop::Skipped(format!("needs root: {why}"))) }
    }

    /// Puts up a LAN with a router.
    pub fn lan(&mut self, router: RouterKind) -> Result<()> {
        let mut lab = Lab::new()?;
        let host = lab.host("router", Some(ROUTER))?;
        let process = lab.start_router(&host, router, self.scratch.path(), &self.evidence.router())?;
        self.helpers.push(process);
        self.hosts.push(host);
        self.lab = Some(lab);
        self.has_router = true;
        Ok(())
    }

    /// Puts up a LAN without a router and without any DHCP server.
    pub fn isolated_lan(&mut self) -> Result<()> {
        self.lab = Some(Lab::new()?);
        Ok(())
    }

    /// Gives the server further interfaces, each with an address, which lead nowhere.
    pub fn server_links(&mut self, links: &'static [(&'static str, &'static str)]) {
        self.links = links;
    }

    /// Starts the server under test: netspec with `spec`, the stack made by hand with `images`.
    pub fn serve(&mut self, spec: &str, images: &[Image]) -> std::result::Result<[u8; 6], Stop> {
        if self.subject.has_dnsmasq() {
            self.needs_root("dnsmasq as the proxy")?;
        }
        let host = self.lab()?.host("server", Some(SERVER))?;
        self.links.iter().try_for_each(|(name, address)| host.link(name, address))?;
        let (log, spec_file) = (self.evidence.server(), self.evidence.file("netspec.kdl"));
        let order = Order {
            host: &host,
            netspec: &self.options.netspec,
            spec,
            images,
            scratch: self.scratch.path(),
            spec_file: &spec_file,
            log: &log,
        };
        self.servers = subject::start(self.subject, &order)?;
        let mac = host.mac;
        self.hosts.push(host);
        Ok(mac)
    }

    /// Tests another server from now on.
    pub fn instead(&mut self, subject: Subject) {
        self.subject = subject;
    }

    /// Adds a web server with what netspec builds of `spec`.
    pub fn publish(&mut self, spec: &str) -> Result<()> {
        let host = self.lab()?.host("origin", Some(ORIGIN))?;
        let (scratch, log) = (self.scratch.path().join("origin"), self.evidence.file("origin.log"));
        self.helpers.push(subject::origin::start(&host, &self.options.netspec, spec, &scratch, &log)?);
        self.hosts.push(host);
        Ok(())
    }

    /// Adds a machine that has to ask for its address.
    pub fn add_client(&mut self) -> Result<&Host> {
        let host = self.lab()?.host("client", None)?;
        let pcap = self.evidence.file("client.pcap");
        self.helpers.push(host.capture(&pcap, &self.evidence.file("client-capture.log"))?);
        self.hosts.push(host);
        self.hosts.last().ok_or_else(|| Error::new("the client is gone"))
    }

    /// Adds a second boot server.
    pub fn add_rival(&mut self) -> Result<()> {
        let host = self.lab()?.host("rival", Some(RIVAL))?;
        let process = lab::start_rival(&host, &self.evidence.file("rival.log"))?;
        self.helpers.push(process);
        self.hosts.push(host);
        Ok(())
    }

    /// Waits until the server under test has said something; at most `limit`.
    pub fn server_says(&mut self, text: &str, limit: Duration) -> Result<()> {
        let log = self.evidence.server();
        let server = self.servers.first_mut().ok_or_else(|| Error::new("no server has been started"))?;
        server.wait_for_log(&log, text, limit)
    }

    /// Runs a command of netspec about the spec that is served, beside the server; gives what it printed.
    pub fn command(&self, name: &str, words: &[&str]) -> Result<String> {
        let mut command = std::process::Command::new(&self.options.netspec);
        command.arg(name).arg(self.evidence.file("netspec.kdl")).args(words);
        let output = command.arg("--state").arg(self.scratch.path().join("state")).output().context("netspec")?;
        match output.status.success() {
            true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
            false => Err(Error::new(format!("netspec {name}: {}", String::from_utf8_lossy(&output.stderr)))),
        }
    }

    /// Connects a PC and switches it on, in place of the one before, whose cable it gets.
    ///
    /// A firmware that cannot be had here is a reason to skip the case.
    pub fn power_on(&mut self, hardware: Hardware, lose: Option<LossRule>) -> std::result::Result<&mut Guest, Stop> {
        let parts = firmware::parts(hardware, &self.options.cache)?;
        let evidence = self.evidence.clone();
        let sockets = self.scratch.path().to_owned();
        let disguise = hardware.firmware == Firmware::SeaBios(Rom::Unnamed);
        if let Some(mut before) = self.guest.take() {
            before.power_off()?;
        }
        let cable = match self.cable.take() {
            Some(cable) => cable,
            None => self.lab()?.cable(&sockets, &evidence.pcap(), &evidence.wire(), Interference { lose, disguise })?,
        };
        let cable = self.cable.insert(cable);
        let places = Places {
            parts: &parts,
            sockets: &sockets,
            log: &evidence.qemu(),
            firmware: &evidence.firmware(),
            console: &evidence.console(),
        };
        let qemu = Qemu::power_on(hardware, self.options.accel, cable, &places)?;
        Ok(self.guest.insert(Guest::new(qemu, self.options.accel, evidence)))
    }

    /// The PC.
    pub fn guest(&mut self) -> Result<&mut Guest> {
        self.guest.as_mut().ok_or_else(|| Error::new("no PC has been switched on"))
    }

    /// The most memory that the servers have had resident so far, in bytes (`VmHWM` of proc(5), added up).
    pub fn server_memory(&self) -> Result<u64> {
        self.servers.iter().map(|server| peak_memory(server.id())).sum()
    }

    /// What passed the PC's cable so far.
    pub fn capture(&self) -> Result<Capture> {
        Capture::read(&self.evidence.pcap())
    }

    /// Fails if a server or a helper has died unnoticed.
    pub fn check_alive(&mut self) -> Result<()> {
        let cable = self.cable.iter_mut().map(|cable| &mut cable.process);
        self.servers.iter_mut().chain(&mut self.helpers).chain(cable).try_for_each(Process::check_alive)
    }

    /// What a person has to type to look around in a LAN that was kept.
    pub fn how_to_enter(&self) -> Vec<String> {
        let names = ["router", "server", "client"];
        let hosts = self.hosts.iter().zip(&names[usize::from(!self.has_router)..]);
        hosts.map(|(host, name)| format!("nsenter -n -t {} sh    # the {name}", host.id())).collect()
    }

    /// Takes everything down and makes sure that it is gone.
    pub fn close(&mut self) -> Result<()> {
        let mut results = Vec::new();
        if let Some(mut guest) = self.guest.take() {
            results.push(guest.power_off());
        }
        results.extend(self.cable.take().map(|mut cable| cable.process.stop()));
        results.extend(self.servers.iter_mut().map(Process::stop));
        results.extend(self.helpers.iter_mut().map(Process::stop));
        results.extend(self.hosts.drain(..).map(Host::remove));
        results.extend(self.lab.take().map(Lab::remove));
        results.into_iter().collect()
    }

    fn lab(&mut self) -> Result<&mut Lab> {
        self.lab.as_mut().ok_or_else(|| Error::new("no LAN has been put up"))
    }
}

/// Where the folders for sockets are. The process id keeps several harnesses apart.
fn scratch_root() -> PathBuf {
    PathBuf::from(format!("/tmp/nsh-{}", std::process::id()))
}

fn scratch_folder() -> Result<TempDir> {
    let root = scratch_root();
    std::fs::create_dir_all(&root).context(root.display())?;
    tempfile::Builder::new().prefix("c").tempdir_in(&root).context(root.display())
}

/// Removes what the benches of this process keep in `/tmp`, for a program that is about to end.
pub fn remove_scratch() {
    // There is nobody left to tell, and nothing there may just be the truth.
    let _ = std::fs::remove_dir_all(scratch_root());
}

fn peak_memory(process: u32) -> Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = std::fs::read_to_string(&path).context(&path)?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kib.map(|kib| kib * 1024).ok_or_else(|| Error::new(format!("{path} tells no VmHWM")))
}
