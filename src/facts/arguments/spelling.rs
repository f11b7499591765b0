//! The words of a command line are ones that somebody reads: the kernel and the programs behind it pass over others in silence.

use super::Line;
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

/// Words of the kernel and of the known families of live systems; only those that are long enough to be told from others.
/// A word that is not here is not wrong: what is told is a word that differs by a letter or two from one that is.
const KNOWN: &[&str] = &[
    // Linux, systemd and Plymouth (`Documentation/admin-guide/kernel-parameters.txt`, kernel-command-line(7)).
    "console",
    "quiet",
    "splash",
    "nosplash",
    "debug",
    "loglevel",
    "nomodeset",
    "rootfstype",
    "rootflags",
    "rootdelay",
    "rootwait",
    "initrd",
    "panic",
    "video",
    "memtest",
    "maxcpus",
    "noapic",
    "nolapic",
    "module_blacklist",
    "modprobe.blacklist",
    "net.ifnames",
    "biosdevname",
    "ipv6.disable",
    "intel_iommu",
    "amd_iommu",
    "apparmor",
    "selinux",
    "mitigations",
    "systemd.unit",
    "systemd.mask",
    "plymouth.enable",
    "earlyprintk",
    "earlycon",
    "hugepages",
    "iommu",
    "noefi",
    // mkinitcpio-archiso (docs/README.bootparams).
    "archisobasedir",
    "archisolabel",
    "archisodevice",
    "archisosearchuuid",
    "archisosearchfilename",
    "archiso_http_srv",
    "archiso_http_spc",
    "archiso_nfs_srv",
    "archiso_nfs_opt",
    "archiso_nbd_srv",
    "archiso_nbd_name",
    "checksum",
    "verify",
    "cms_verify",
    "cow_label",
    "cow_device",
    "cow_persistent",
    "cow_directory",
    "cow_flags",
    "cow_spacesize",
    "cow_chunksize",
    "copytoram",
    "copytoram_size",
    "img_label",
    "img_flags",
    "accessibility",
    "BOOTIF",
    // live-boot(7) and live-config(7).
    "fetch",
    "httpfs",
    "ftpfs",
    "findiso",
    "fromiso",
    "ignore_uuid",
    "verify-checksums",
    "live-netdev",
    "ethdevice",
    "ethdevice-timeout",
    "live-media",
    "live-media-encryption",
    "live-media-offset",
    "live-media-path",
    "live-media-timeout",
    "module",
    "modules",
    "netboot",
    "nfsopts",
    "nfsoverlay",
    "nfsroot",
    "nofastboot",
    "nopersistence",
    "noeject",
    "persistence",
    "persistence-encryption",
    "persistence-media",
    "persistence-method",
    "persistence-path",
    "persistence-read-only",
    "persistence-storage",
    "persistence-label",
    "quickreboot",
    "showmounts",
    "silent",
    "todisk",
    "toram",
    "union",
    "overlay-size",
    "components",
    "nocomponents",
    "config",
    "noconfig",
    "username",
    "hostname",
    "user-fullname",
    "user-default-groups",
    "locales",
    "timezone",
    "keyboard-model",
    "keyboard-layouts",
    "keyboard-variants",
    "keyboard-options",
    "xorg-driver",
    "xorg-resolution",
    "wlan-driver",
    "hooks",
    "debconf",
    "noroot",
    "noautologin",
    "nottyautologin",
    "nox11autologin",
    "x-session-manager",
    "live-config.components",
    // casper(7), subiquity and cloud-init.
    "cloud-config-url",
    "autoinstall",
    "layerfs-path",
    "maybe-ubiquity",
    "only-ubiquity",
    "automatic-ubiquity",
    "fsck.mode",
    "persistent",
    "noprompt",
    // dracut.cmdline(7).
    "rd.live.image",
    "rd.live.ram",
    "rd.live.dir",
    "rd.live.check",
    "rd.live.squashimg",
    "rd.live.overlay",
    "rd.neednet",
    "rd.luks",
    "rd.lvm",
    "rd.shell",
    "rd.break",
    "rd.debug",
    "rd.retry",
    "ifname",
    "nameserver",
];

/// Shorter words have neighbors by chance.
const SHORTEST: usize = 5;

pub(super) fn check(line: &Line<'_>, _: &ResolvedSpec, out: &mut Diagnostics) {
    if line.family.is_none() {
        return;
    }
    for word in &line.line.words {
        let key = word.value.split('=').next().unwrap_or_default();
        let Some(meant) = meant(key) else { continue };
        let message = format!("the kernel argument `{}` is not known, and would be passed over", shown(key));
        out.push(
            Diagnostic::new(Code::UnknownArgument, message)
                .at(word.span, "nobody reads it")
                .help(format!("did you mean `{meant}`?")),
        );
    }
}

/// The word that was meant by one that is not known.
fn meant(key: &str) -> Option<&'static str> {
    if KNOWN.contains(&key) || key.len() > 40 {
        return None;
    }
    let nearest = KNOWN.iter().map(|known| (strsim::damerau_levenshtein(key, known), known));
    let (distance, meant) = nearest.min_by_key(|&(distance, _)| distance)?;
    let allowed = if meant.len() >= 9 { 2 } else { 1 };
    (key.len() >= SHORTEST && meant.len() >= SHORTEST && distance <= allowed).then_some(*meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_slips_and_leaves_other_words_alone() {
        assert_eq!(meant("archiso_http_svr"), Some("archiso_http_srv"));
        assert_eq!(meant("consoel"), Some("console"));
        assert_eq!(meant("nomodset"), Some("nomodeset"));
        assert_eq!(meant("bootif"), None, "far from its capitals; netspec writes that word itself");
        for word in [
            "quiet",
            "text",
            "auto",
            "nopti",
            "rootpass",
            "nofirewall",
            "usbcore.autosuspend",
            "mem",
            "vga",
            "i915.modeset",
        ] {
            assert_eq!(meant(word), None, "{word}");
        }
    }
}
