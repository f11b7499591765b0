//! What goes wrong with one client again and again, so that a silent failure gets a line that says what it means.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::printable;

/// A client that was offered something fetches it in a few seconds, so one that keeps asking for this long is stuck.
const PATIENCE: Duration = Duration::from_secs(30);
/// Firmware asks up to four times per round, the last time after half a minute (edk2: 4, 8, 16, 32 s). A longer pause is a
/// new start, not a client that keeps asking.
const ROUND: Duration = Duration::from_secs(90);
/// The window in which loads of one loader are counted (ST-03).
const WINDOW: Duration = Duration::from_secs(60);
/// So many loads in the window may be a person who tries again; one more is a circle.
const LOADS: usize = 4;

/// What one client does without getting on.
#[derive(Debug, Default)]
pub(super) struct Trouble {
    unfetched: Option<Unfetched>,
    loads: Loads,
    /// An iPXE for UEFI that the client has loaded whole and given no sign of since.
    unstarted: Option<(Arc<str>, Duration)>,
}

/// Offers that led to no request for a file.
#[derive(Debug)]
struct Unfetched {
    since: Duration,
    last: Duration,
    offers: u32,
    told: bool,
}

/// Loads of one loader since the last kernel.
#[derive(Debug, Default)]
struct Loads {
    path: Option<Arc<str>>,
    at: VecDeque<Duration>,
    told: bool,
}

impl Trouble {
    /// The client asked over DHCP and was offered `file`. `unnamed` is when a client of unknown hardware address last asked for
    /// a file: it may have been this one. Gives what it means if the client is stuck, once.
    pub(super) fn offered(&mut self, file: &str, unnamed: Option<Duration>, now: Duration) -> Option<String> {
        let begin = Unfetched { since: now, last: now, offers: 0, told: false };
        let current = self.unfetched.take().filter(|unfetched| now.saturating_sub(unfetched.last) <= ROUND);
        let unfetched = self.unfetched.insert(current.unwrap_or(begin));
        unfetched.last = now;
        unfetched.offers = unfetched.offers.saturating_add(1);
        let waited = now.saturating_sub(unfetched.since);
        let may_have_fetched = unnamed.is_some_and(|at| at >= unfetched.since);
        if unfetched.told || unfetched.offers < 3 || waited < PATIENCE || may_have_fetched {
            return None;
        }
        unfetched.told = true;
        let way =
            if file.contains("://") { printable(file) } else { "UDP ports 69 and 4011 of this machine".to_owned() };
        Some(format!(
            "has asked {} times in {} s and fetched nothing: no DHCP server gives it an address, another boot server's offer \
             wins, or a firewall keeps it from {way}",
            unfetched.offers,
            waited.as_secs()
        ))
    }

    /// The client asked for a file.
    pub(super) fn reached(&mut self) {
        self.unfetched = None;
        self.unstarted = None;
    }

    /// The client, which is of this class, asked over DHCP. Gives what it means if it was to be the iPXE that it has loaded, and
    /// is firmware still.
    ///
    /// Nothing tells a server whether Secure Boot is on (AR-03); this is what a refusal looks like from here.
    pub(super) fn asked(&mut self, class: &str, now: Duration) -> Option<String> {
        let (path, at) = self.unstarted.take()?;
        if class.starts_with("iPXE") || now.saturating_sub(at) > WINDOW {
            return None;
        }
        Some(format!(
            "has loaded {} and asks again without it: the firmware did not start it, or it ended at once. Where Secure Boot is \
             on, firmware refuses iPXE, which nobody has signed for it: switch Secure Boot off, or choose UEFI HTTP Boot and \
             give netspec shim and GRUB",
            printable(&path)
        ))
    }

    /// The client has all of the loader at `path`. Gives what it means if it runs in a circle, once (ST-03).
    pub(super) fn loaded(&mut self, path: &Arc<str>, now: Duration) -> Option<String> {
        self.unstarted = (path.starts_with("ipxe/") && path.ends_with(".efi")).then(|| (path.clone(), now));
        if self.loads.path.as_ref() != Some(path) {
            self.loads = Loads { path: Some(path.clone()), ..Loads::default() };
        }
        let loads = &mut self.loads;
        loads.at.retain(|at| now.saturating_sub(*at) <= WINDOW);
        loads.told &= !loads.at.is_empty();
        loads.at.push_back(now);
        if loads.at.len() > LOADS + 1 {
            loads.at.pop_front();
        }
        if loads.told || loads.at.len() <= LOADS {
            return None;
        }
        loads.told = true;
        Some(format!(
            "has loaded {} {} times in {} s and no kernel since: it goes in a circle; its screen says why the loader ends, and \
             no other DHCP or boot server may answer it",
            printable(path),
            loads.at.len(),
            now.saturating_sub(loads.at.front().copied().unwrap_or(now)).as_secs()
        ))
    }

    /// The client came to its kernel.
    pub(super) fn got_on(&mut self) {
        self.loads = Loads::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_client_that_asks_and_never_fetches_gets_one_line() {
        let mut trouble = Trouble::default();
        let told = [0, 4, 12, 28, 60, 64].map(|at| trouble.offered("a/lpxelinux.0", None, seconds(at)));
        let line = "has asked 5 times in 60 s and fetched nothing: no DHCP server gives it an address, another boot server's \
                    offer wins, or a firewall keeps it from UDP ports 69 and 4011 of this machine";
        assert_eq!(told, [None, None, None, None, Some(line.to_owned()), None]);
        let mut url = Trouble::default();
        let told = [0, 20, 40].map(|at| url.offered("http://10.0.0.1/boot.ipxe", None, seconds(at)));
        assert!(told[2].as_ref().unwrap().ends_with("keeps it from http://10.0.0.1/boot.ipxe"));
    }

    #[test]
    fn a_client_that_fetches_pauses_or_may_be_the_unnamed_one_gets_none() {
        let mut fetches = Trouble::default();
        for at in (0..300).step_by(20) {
            assert_eq!(fetches.offered("x", None, seconds(at)), None);
            fetches.reached();
        }
        let mut pauses = Trouble::default();
        for at in (0..1000).step_by(100) {
            assert_eq!(pauses.offered("x", None, seconds(at)), None);
        }
        let mut unnamed = Trouble::default();
        for at in (0..200).step_by(20) {
            assert_eq!(unnamed.offered("x", Some(seconds(1)), seconds(at)), None);
        }
    }

    #[test]
    fn ar_03_firmware_that_loads_ipxe_and_comes_back_as_firmware_may_have_secure_boot_on() {
        let path: Arc<str> = "ipxe/x64/ipxe.efi".into();
        let mut trouble = Trouble::default();
        assert_eq!(trouble.loaded(&path, seconds(5)), None);
        let said = trouble.asked("UEFI HTTP Boot on x86-64", seconds(6)).unwrap();
        assert!(said.starts_with("has loaded ipxe/x64/ipxe.efi and asks again without it"), "{said}");
        assert!(said.contains("Secure Boot"), "{said}");
        assert_eq!(trouble.asked("UEFI HTTP Boot on x86-64", seconds(7)), None, "once for each load");
    }

    #[test]
    fn ipxe_that_starts_a_pause_and_other_loaders_are_no_refusal() {
        let path: Arc<str> = "ipxe/x64/ipxe.efi".into();
        let mut starts = Trouble::default();
        starts.loaded(&path, seconds(5));
        assert_eq!(starts.asked("iPXE on UEFI x86-64", seconds(6)), None);
        let mut fetches = Trouble::default();
        fetches.loaded(&path, seconds(5));
        fetches.reached();
        assert_eq!(fetches.asked("UEFI PXE on x86-64", seconds(6)), None);
        let mut later = Trouble::default();
        later.loaded(&path, seconds(5));
        assert_eq!(later.asked("UEFI PXE on x86-64", seconds(66)), None);
        let mut shim = Trouble::default();
        shim.loaded(&"grub/x64/shimx64.efi".into(), seconds(5));
        assert_eq!(shim.asked("UEFI PXE on x86-64", seconds(6)), None);
    }

    #[test]
    fn st_03_the_fifth_load_in_a_minute_is_a_circle() {
        let path: Arc<str> = "pxelinux/lpxelinux.0".into();
        let mut trouble = Trouble::default();
        let told = [0, 12, 24, 36, 48, 60].map(|at| trouble.loaded(&path, seconds(at)));
        assert_eq!(told.iter().flatten().count(), 1);
        assert!(
            told[4]
                .as_ref()
                .unwrap()
                .starts_with("has loaded pxelinux/lpxelinux.0 5 times in 48 s and no kernel since")
        );
        // After a quiet minute it is told again.
        let told = [200, 201, 202, 203, 204].map(|at| trouble.loaded(&path, seconds(at)));
        assert!(told[4].is_some());
        assert!(trouble.loads.at.len() <= LOADS + 1);
    }

    #[test]
    fn st_03_slow_retries_a_kernel_and_other_loaders_are_no_circle() {
        let [path, other]: [Arc<str>; 2] = ["a".into(), "b".into()];
        let mut slow = Trouble::default();
        assert!((0..600).step_by(20).all(|at| slow.loaded(&path, seconds(at)).is_none()));
        let mut boots = Trouble::default();
        for at in 0..20 {
            assert_eq!(boots.loaded(&path, seconds(at)), None);
            boots.got_on();
        }
        let mut both = Trouble::default();
        assert!((0..20).all(|at| both.loaded(if at % 2 == 0 { &path } else { &other }, seconds(at)).is_none()));
    }
}
