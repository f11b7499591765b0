//! `netspec serve` as a user starts it, on an interface of its own.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use crate::support::{Folder, text, trees};

/// Says how to make the network: an interface with two addresses in a network namespace that ends with the server.
const NETWORK: &str = "ip link set lo up && ip link add lan0 type veth peer name far0 && ip link set lan0 up && \
                       ip address add 10.9.0.1/24 dev lan0 && ip address add 10.9.1.1/24 dev lan0 && \
                       exec \"$0\" serve spec.kdl";

struct Server {
    child: Child,
    /// What it said until it was ready.
    said: String,
}

impl Server {
    /// Starts it, and waits until it is ready.
    fn start(folder: &Folder) -> Self {
        let mut child = Command::new("unshare")
            .args(["--net", "sh", "-c", NETWORK, env!("CARGO_BIN_EXE_netspec")])
            .current_dir(folder.dir.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut said = String::new();
        while !said.contains("ready:") {
            said += &lines.next().unwrap_or_else(|| panic!("it ended: {said}")).unwrap();
        }
        Self { child, said }
    }

    fn fetch(&self, url: &str) -> String {
        let pid = self.child.id().to_string();
        let output = Command::new("nsenter")
            .args(["--net", "--target", &pid, "curl", "-sS", "--max-time", "10", url])
            .output()
            .unwrap();
        assert!(output.status.success(), "{url}: {}", text(&output.stderr));
        text(&output.stdout)
    }

    /// The status of each thread.
    fn threads(&self) -> Vec<String> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        threads.map(|thread| fs::read_to_string(thread.unwrap().path().join("status")).unwrap()).collect()
    }

    /// The numbers behind a word in `/proc/<pid>/status`.
    fn status(&self, word: &str) -> Vec<String> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(word)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    }
}

/// What stands behind a word in a status.
fn value(status: &str, word: &str) -> String {
    status.lines().find_map(|line| line.strip_prefix(word)).unwrap().trim().to_owned()
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// SE-02, CO-07, TF-44: without root once it serves, at each address of its interface, each time pointing back to it.
#[test]
fn serves_at_both_addresses_of_an_interface_and_not_as_root() {
    let spec = "network \"home\" {\n    interface \"lan0\"\n}\niso \"arch\" \"isos/arch.iso\"\n";
    let folder = Folder::with_spec(spec).iso("arch.iso", "ARCH_202611", &trees::archiso());
    let server = Server::start(&folder);
    assert!(server.said.contains("network home: 10.9.0.1, 10.9.1.1 on lan0"), "{}", server.said);
    for address in ["10.9.0.1", "10.9.1.1"] {
        for scheme in ["http", "tftp"] {
            let script = server.fetch(&format!("{scheme}://{address}/boot.ipxe"));
            assert!(script.contains(&format!("chain http://{address}/iso/arch/")), "{script}");
            assert_eq!(server.fetch(&format!("{scheme}://{address}/iso/arch/arch/x86_64/airootfs.sfs")), "root image");
        }
    }
    for ids in ["Uid:", "Gid:"] {
        assert_eq!(server.status(ids), ["65534"; 4], "{ids}");
    }
    assert_eq!(server.status("Groups:"), [""; 0]);
    assert_eq!(server.status("CapEff:"), ["0000000000000000"]);
    // One thread can still open ports below 1024, for addresses to come, and nothing else; all others can nothing.
    let mut threads: Vec<_> = server.threads().iter().map(|status| value(status, "CapPrm:")).collect();
    threads.sort();
    let last = threads.pop();
    assert_eq!(last.as_deref(), Some("0000000000000400"), "CAP_NET_BIND_SERVICE");
    assert!(threads.iter().all(|permitted| permitted == "0000000000000000"), "{threads:?}");
}

/// Two names for one file are two ISOs, and a module that both have is open once.
#[test]
fn one_iso_under_two_names_is_served_as_two() {
    let spec = "network \"home\" {\n    subnet \"10.9.0.0/24\"\n}\n\
                network \"other\" {\n    subnet \"10.9.1.0/24\"\n}\n\
                iso \"one\" \"isos/arch.iso\"\niso \"two\" \"isos/arch.iso\"\n\
                loader \"pxelinux\" \"pxelinux/lpxelinux.0\" modules=\"pxelinux\"\n\
                menu \"main\" {\n    entry \"one\" iso=\"one\"\n    entry \"two\" iso=\"two\"\n}\n";
    let folder = Folder::with_spec(spec).iso("arch.iso", "ARCH_202611", &trees::archiso());
    fs::create_dir(folder.path("pxelinux")).unwrap();
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        fs::write(folder.path("pxelinux").join(name), format!("ours: {name}")).unwrap();
    }
    let server = Server::start(&folder);
    for name in ["one", "two"] {
        let url = format!("http://10.9.0.1/iso/{name}");
        assert_eq!(server.fetch(&format!("{url}/boot/syslinux/ldlinux.c32")), "ours: ldlinux.c32");
        let menu = server.fetch(&format!("{url}/boot/syslinux/archiso_pxe-linux.cfg"));
        assert!(menu.contains(&format!("LINUX http://10.9.0.1/iso/{name}/arch/boot/x86_64/vmlinuz-linux")), "{menu}");
    }
    let files = fs::read_dir(format!("/proc/{}/fd", server.child.id())).unwrap();
    let targets = files.filter_map(|file| fs::read_link(file.unwrap().path()).ok());
    assert_eq!(targets.filter(|target| target.ends_with("ldlinux.c32")).count(), 1);
}
