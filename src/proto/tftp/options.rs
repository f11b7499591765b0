//! Which options of a request are granted, and with what values.

use std::time::Duration;

use super::packet::{Mode, ReadRequest};

/// What this server is willing to grant. `None` and `false` switch an option off, the usual cure in the field (TF-12).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest block in bytes; the path's MTU caps it further.
    pub blksize: Option<u16>,
    /// The most blocks that are sent without an ACK.
    pub windowsize: Option<u16>,
    /// Whether the size of the file is told.
    pub tsize: bool,
    /// Whether the client may set the time until we send again.
    pub timeout: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { blksize: Some(65464), windowsize: Some(16), tsize: true, timeout: true }
    }
}

/// The block size where none was negotiated (RFC 1350 section 2).
pub const DEFAULT_BLKSIZE: u16 = 512;

/// The headers of IPv4 (20 bytes), UDP (8) and DATA (4).
const HEADERS: u32 = 32;

/// A window never holds more bytes than this, so that a transfer has a bound on its memory.
const MAX_WINDOW_BYTES: u32 = 128 * 1024;

/// What was agreed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Granted {
    /// Payload of a full block in bytes.
    pub blksize: u16,
    /// Blocks that are sent without an ACK.
    pub windowsize: u16,
    /// The time until we send again, where the client set it.
    pub timeout: Option<Duration>,
    /// Whether the client is told the size of the file.
    pub tsize: bool,
    /// The datagram that says so; `None` where no option was granted, and then the transfer begins with DATA.
    pub option_ack: Option<Vec<u8>>,
}

/// Decides on the options of a request.
///
/// `mtu` is the largest IPv4 packet, in bytes, that reaches the client whole. An option with a value out of range is ignored
/// (TF-07), and so is a second one of the same name. Only what was asked is granted, never more of it than was asked, under
/// names in lower case: edk2 and GRUB accept nothing else (TF-03, TF-04).
pub fn negotiate(request: &ReadRequest<'_>, limits: &Limits, mtu: u32, size: u64) -> Granted {
    let asked = |option: &str| {
        let (_, value) = request.options.iter().find(|(name, _)| name.eq_ignore_ascii_case(option.as_bytes()))?;
        number(value)
    };
    let within = |option: &str, least: u64, most: u64| {
        asked(option).filter(|value| (least..=most).contains(value)).and_then(|value| u16::try_from(value).ok())
    };
    // The size and the number of the blocks on the wire change with the translation (TF-02).
    let octet = request.mode == Mode::Octet;

    let path = u16::try_from(mtu.saturating_sub(HEADERS).max(8)).unwrap_or(u16::MAX);
    let blksize = limits.blksize.and_then(|limit| Some(within("blksize", 8, 65464)?.min(limit.max(8)).min(path)));
    let per_window = MAX_WINDOW_BYTES / u32::from(blksize.unwrap_or(DEFAULT_BLKSIZE));
    let window_limit = |limit: u16| limit.min(u16::try_from(per_window).unwrap_or(u16::MAX)).max(1);
    let windowsize = limits
        .windowsize
        .filter(|_| octet)
        .and_then(|limit| Some(within("windowsize", 1, 65535)?.min(window_limit(limit))));
    let timeout = within("timeout", 1, 255).filter(|_| limits.timeout);
    let tsize = asked("tsize").filter(|_| limits.tsize && octet).map(|_| size);

    // In the order in which the client named them.
    let mut granted: Vec<(&str, u64)> = Vec::new();
    for (name, _) in &request.options {
        let values = [
            ("blksize", blksize.map(u64::from)),
            ("windowsize", windowsize.map(u64::from)),
            ("timeout", timeout.map(u64::from)),
            ("tsize", tsize),
        ];
        let found = values.into_iter().find(|(option, _)| name.eq_ignore_ascii_case(option.as_bytes()));
        if let Some((option, Some(value))) = found
            && !granted.iter().any(|(known, _)| *known == option)
        {
            granted.push((option, value));
        }
    }
    Granted {
        blksize: blksize.unwrap_or(DEFAULT_BLKSIZE),
        windowsize: windowsize.unwrap_or(1),
        timeout: timeout.map(|seconds| Duration::from_secs(seconds.into())),
        tsize: tsize.is_some(),
        option_ack: (!granted.is_empty()).then(|| encode(&granted)),
    }
}

/// Decimal digits and nothing else, as all clients write numbers.
fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn encode(granted: &[(&str, u64)]) -> Vec<u8> {
    let mut packet = vec![0, 6];
    for (option, value) in granted {
        packet.extend_from_slice(format!("{option}\0{value}\0").as_bytes());
    }
    packet
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SIZE: u64 = 5 << 30;

    /// The OACK as text, `,` for NUL.
    fn oack(options: &[(&str, &str)], mode: Mode, limits: &Limits, mtu: u32) -> Option<String> {
        let options = options.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
        let granted = negotiate(&ReadRequest { name: b"x", mode, options }, limits, mtu, SIZE);
        let packet = granted.option_ack?;
        assert_eq!(packet[..2], [0, 6]);
        Some(String::from_utf8(packet[2..].to_vec()).unwrap().replace('\0', ","))
    }

    fn octet(options: &[(&str, &str)]) -> Option<String> {
        oack(options, Mode::Octet, &Limits::default(), 1500)
    }

    #[test]
    fn g41_matrix_of_options() {
        for (asked, answer) in [
            (&[][..], None),
            (&[("blksize", "1408")], Some("blksize,1408,")),
            (&[("BLKSIZE", "512"), ("TSize", "0")], Some("blksize,512,tsize,5368709120,")),
            (&[("tsize", "0"), ("blksize", "1408")], Some("tsize,5368709120,blksize,1408,")),
            (&[("windowsize", "1")], Some("windowsize,1,")),
            (&[("windowsize", "4")], Some("windowsize,4,")),
            (&[("windowsize", "64")], Some("windowsize,16,")),
            (&[("timeout", "4")], Some("timeout,4,")),
            (&[("utimeout", "4"), ("multicast", ""), ("blksize2", "3")], None),
            (&[("blksize", "600"), ("blksize", "700")], Some("blksize,600,")),
            (&[("x", "y"), ("tsize", "9")], Some("tsize,5368709120,")),
        ] {
            assert_eq!(octet(asked).as_deref(), answer, "{asked:?}");
        }
    }

    #[test]
    fn tf_07_values_out_of_range_are_ignored() {
        for (name, value) in [
            ("blksize", "7"),
            ("blksize", "65465"),
            ("blksize", "-1"),
            ("blksize", ""),
            ("blksize", "+512"),
            ("blksize", "99999999999999999999999"),
            ("windowsize", "0"),
            ("windowsize", "65536"),
            ("timeout", "0"),
            ("timeout", "256"),
            ("tsize", "x"),
        ] {
            assert_eq!(octet(&[(name, value)]), None, "{name}={value}");
        }
    }

    #[test]
    fn tf_10_g52_blocks_fit_the_path() {
        for (mtu, most) in [(1500, 1468), (1492, 1460), (1400, 1368), (65536, 65464), (68, 36), (0, 8)] {
            let answer = oack(&[("blksize", "65464")], Mode::Octet, &Limits::default(), mtu);
            assert_eq!(answer, Some(format!("blksize,{most},")));
        }
    }

    #[test]
    fn tf_02_netascii_has_neither_size_nor_window() {
        let asked = [("tsize", "0"), ("windowsize", "4"), ("blksize", "1024")];
        assert_eq!(oack(&asked, Mode::Netascii, &Limits::default(), 1500).as_deref(), Some("blksize,1024,"));
    }

    #[test]
    fn tf_12_each_option_can_be_switched_off() {
        let asked = [("tsize", "0"), ("windowsize", "4"), ("blksize", "1024"), ("timeout", "3")];
        let off = Limits { blksize: None, windowsize: None, tsize: false, timeout: false };
        assert_eq!(oack(&asked, Mode::Octet, &off, 1500), None);
        let capped = Limits { blksize: Some(1024), windowsize: Some(2), ..off };
        assert_eq!(oack(&asked, Mode::Octet, &capped, 1500).as_deref(), Some("windowsize,2,blksize,1024,"));
    }

    proptest! {
        /// TF-03, G42: whatever is asked, the answer holds only asked options, none of them larger.
        #[test]
        fn g42_never_larger_and_never_unasked(
            options in prop::collection::vec((prop::sample::select(vec!["blksize", "WindowSize", "timeout", "tsize", "odd"]), 0u32..70000), 0..6),
            mtu in 0u32..70000,
        ) {
            let text: Vec<_> = options.iter().map(|(name, value)| (*name, value.to_string())).collect();
            let asked: Vec<_> = text.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = oack(&asked, Mode::Octet, &Limits::default(), mtu).unwrap_or_default();
            let fields: Vec<_> = answer.split_terminator(',').collect();
            for pair in fields.chunks(2) {
                let (_, value) = options.iter().find(|(name, _)| name.eq_ignore_ascii_case(pair[0])).expect("asked");
                prop_assert!(pair[0] == "tsize" || pair[1].parse::<u32>().unwrap() <= *value);
            }
        }
    }
}
