use super::*;

const MAC: MacAddr = MacAddr([0x52, 0x54, 0, 0xaa, 0xbb, 0xcc]);
const IP: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 86);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

fn at(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn asked(file: &str) -> BootEvent {
    BootEvent::Answered {
        mac: MAC,
        client: "iPXE on legacy BIOS".into(),
        asked: "DHCPDISCOVER",
        file: file.into(),
        server: SERVER,
        ciaddr: None,
        rule: None,
    }
}

fn started(id: u64, path: &str, role: Role, len: u64, size: u64) -> BootEvent {
    BootEvent::Started { id, client: IP, transport: Transport::Http, path: path.into(), role, len, size, decided: None }
}

fn ended(id: u64, sent: u64, outcome: Outcome) -> BootEvent {
    BootEvent::Ended { id, sent, elapsed: at(500), outcome }
}

fn lines(events: &[(u64, BootEvent)]) -> String {
    let mut journal = Journal::new(|ip| (ip == IP).then_some(MAC));
    let milestones = events.iter().flat_map(|(ms, event)| journal.on(event, at(*ms)));
    milestones.map(|milestone| format!("{milestone}\n")).collect()
}

#[test]
fn st_12_a_whole_boot_is_one_line_a_milestone() {
    let root = "iso/arch/arch/x86_64/airootfs.sfs";
    let story = lines(&[
        (0, asked("http://10.77.0.2/boot.ipxe")),
        (900, asked("http://10.77.0.2/boot.ipxe")),
        (1000, started(1, "boot.ipxe", Role::Menu, 200, 200)),
        (1001, ended(1, 200, Outcome::Done)),
        (1100, started(2, "iso/arch/boot/syslinux/lpxelinux.0", Role::Loader, 93_000, 93_000)),
        (1200, ended(2, 93_000, Outcome::Done)),
        (1300, started(3, "iso/arch/boot/syslinux/whichsys.c32", Role::Module, 5000, 5000)),
        (1301, ended(3, 1000, Outcome::Aborted("client went away".into()))),
        (1400, started(4, "iso/arch/boot/syslinux/syslinux.cfg", Role::Menu, 300, 300)),
        (1401, ended(4, 300, Outcome::Done)),
        (1402, started(5, "iso/arch/boot/syslinux/archiso_pxe.cfg", Role::Menu, 300, 300)),
        (1403, ended(5, 300, Outcome::Done)),
        (5000, started(6, "iso/arch/arch/boot/x86_64/vmlinuz-linux", Role::Kernel, 14_000_000, 14_000_000)),
        (5500, ended(6, 14_000_000, Outcome::Done)),
        (9000, started(7, root, Role::RootImage, 1, 20_000_000)),
        (9001, ended(7, 1, Outcome::Done)),
        (9100, started(8, root, Role::RootImage, 20_000_000, 20_000_000)),
        (9300, BootEvent::Progress { id: 8, sent: 6_000_000 }),
        (9310, BootEvent::Progress { id: 8, sent: 6_200_000 }),
        (9600, ended(8, 20_000_000, Outcome::Done)),
    ]);
    insta::assert_snapshot!(story, @r"
         0.0 s  52:54:00:aa:bb:cc  asked to boot: iPXE on legacy BIOS (DHCPDISCOVER)
         0.0 s  52:54:00:aa:bb:cc  was offered http://10.77.0.2/boot.ipxe by 10.77.0.2
         1.0 s  52:54:00:aa:bb:cc  menu boot.ipxe
         1.2 s  52:54:00:aa:bb:cc  loader iso/arch/boot/syslinux/lpxelinux.0 (90.8 KiB over HTTP, 0.2 MB/s)
         1.4 s  52:54:00:aa:bb:cc  menu iso/arch/boot/syslinux/syslinux.cfg
         5.5 s  52:54:00:aa:bb:cc  kernel iso/arch/arch/boot/x86_64/vmlinuz-linux (13.4 MiB over HTTP, 28.0 MB/s)
         9.1 s  52:54:00:aa:bb:cc  root image iso/arch/arch/x86_64/airootfs.sfs: 19.1 MiB to go
         9.3 s  52:54:00:aa:bb:cc  root image 30 % of 19.1 MiB (30.0 MB/s)
         9.6 s  52:54:00:aa:bb:cc  root image 100 % of 19.1 MiB (40.0 MB/s)
         9.6 s  52:54:00:aa:bb:cc  done: has everything, 9.6 s after it asked
    ");
}

/// VQ-02
#[test]
fn says_which_rule_made_the_answer() {
    let mut event = asked("ipxe/x64/ipxe.efi");
    if let BootEvent::Answered { rule, .. } = &mut event {
        *rule = Some("firmware old-hp".to_owned());
    }
    let story = lines(&[(0, event)]);
    assert!(story.ends_with("was offered ipxe/x64/ipxe.efi by 10.77.0.2 (firmware old-hp)\n"), "{story}");
}

#[test]
fn a_lost_kernel_says_how_far_it_came() {
    let story = lines(&[
        (0, started(1, "iso/a/vmlinuz", Role::Kernel, 4096, 4096)),
        (9, ended(1, 2048, Outcome::Aborted("no acknowledgment for 30 s".into()))),
    ]);
    insta::assert_snapshot!(story, @"     0.0 s  52:54:00:aa:bb:cc  iso/a/vmlinuz stopped after 2.0 KiB of 4.0 KiB: no acknowledgment for 30 s");
}

#[test]
fn se_06_names_from_clients_cannot_forge_lines() {
    let refused = BootEvent::Refused {
        client: Ipv4Addr::LOCALHOST,
        transport: Transport::Tftp,
        path: "a\n0.0 s  admin\u{1b}[2J".into(),
        reason: "not found".into(),
        expected: false,
    };
    let story = lines(&[(0, refused)]);
    assert_eq!(story.lines().count(), 1);
    assert!(!story.contains('\u{1b}'));
}

/// ST-03: the loader starts, reads its menu, and the machine is back at the beginning.
#[test]
fn st_03_a_circle_is_told_once() {
    let mut events = Vec::new();
    for round in 0..7u64 {
        let at = round * 9000;
        events.push((at, asked("pxelinux/lpxelinux.0")));
        events.push((at + 1000, started(2 * round, "pxelinux/lpxelinux.0", Role::Loader, 90_000, 90_000)));
        events.push((at + 1500, ended(2 * round, 90_000, Outcome::Done)));
        events.push((at + 2000, started(2 * round + 1, "pxelinux/pxelinux.cfg/default", Role::Menu, 300, 300)));
        events.push((at + 2001, ended(2 * round + 1, 300, Outcome::Done)));
    }
    let story = lines(&events);
    let told: Vec<_> = story.lines().filter(|line| line.contains("goes in a circle")).collect();
    assert_eq!(told.len(), 1, "{story}");
    assert!(told[0].contains("37.5 s  52:54:00:aa:bb:cc  has loaded pxelinux/lpxelinux.0 5 times in 36 s"), "{story}");
}

/// A client behind a closed port 69 asks for ever. Its pauses are longer than those between two boots.
#[test]
fn a_client_that_never_fetches_is_told_once() {
    let times = [0, 4, 12, 28, 60, 64, 72, 88];
    let story = lines(&times.map(|s| (s * 1000, asked("pxelinux/lpxelinux.0"))));
    let told: Vec<_> = story.lines().filter(|line| line.contains("fetched nothing")).collect();
    assert_eq!(told.len(), 1, "{story}");
    assert!(told[0].contains("60.0 s  52:54:00:aa:bb:cc  has asked 5 times in 60 s"), "{story}");

    // An ordinary miss shows that it comes through.
    let miss = BootEvent::Refused {
        client: IP,
        transport: Transport::Tftp,
        path: "bootsig.bin".into(),
        reason: "not found".into(),
        expected: true,
    };
    let mut events = times.map(|s| (s * 1000, asked("pxelinux/lpxelinux.0"))).to_vec();
    events.insert(4, (30_000, miss));
    let story = lines(&events[..7]);
    assert!(!story.contains("fetched nothing"), "{story}");
}

/// SE-05, SE-14: one source cannot fill the log, and many cannot either.
#[test]
fn se_05_a_flood_gets_a_bounded_number_of_lines() {
    let refused = |client: Ipv4Addr| BootEvent::Refused {
        client,
        transport: Transport::Tftp,
        path: "x".into(),
        reason: "not found".into(),
        expected: false,
    };
    let one: Vec<_> = (0..10_000).map(|ms| (ms, refused(IP))).chain([(60_000, refused(IP))]).collect();
    let story = lines(&one);
    assert!(story.lines().count() < 150, "{}", story.lines().count());
    assert!(story.contains("lines left out: too many at once"), "{story}");
    let many: Vec<_> = (0..10_000).map(|n| (u64::from(n), refused(Ipv4Addr::from(n)))).collect();
    assert!(lines(&many).lines().count() < 3000);
}

#[test]
fn se_05_remembers_a_bounded_number_of_clients() {
    let mut journal = Journal::new(|_| None);
    let (clients, transfers) = (u32::try_from(MAX_CLIENTS).unwrap(), u32::try_from(MAX_TRANSFERS).unwrap());
    for n in 0..transfers + 100 {
        let refused = BootEvent::Started {
            id: u64::from(n),
            client: Ipv4Addr::from(n.min(clients + 100)),
            transport: Transport::Tftp,
            path: "x".into(),
            role: Role::Other,
            len: 1,
            size: 1,
            decided: None,
        };
        journal.on(&refused, at(u64::from(n)));
    }
    assert_eq!(journal.clients.len(), MAX_CLIENTS);
    assert_eq!(journal.transfers.len(), MAX_TRANSFERS);
}
