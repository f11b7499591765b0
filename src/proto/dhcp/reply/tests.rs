use super::super::testing::Request;
use super::super::tlv::Tlv;
use super::*;

fn draft<'a>(file: &'a str, others: Vec<(u8, Vec<u8>)>) -> Draft<'a> {
    Draft {
        kind: Kind::Offer,
        server: ServerAddr::new(Ipv4Addr::new(10, 0, 0, 2)).unwrap(),
        vendor_class: "PXEClient",
        file,
        takes: Takes::Name,
        vendor_options: None,
        others,
    }
}

fn encode(draft: &Draft<'_>, request: &Request) -> Result<Vec<u8>, Unfit> {
    draft.encode(&BootRequest::parse(&request.bytes()).unwrap())
}

/// G09, DH-23: an offer without a server cannot be written, because there is no such server.
#[test]
fn takes_only_addresses_that_a_machine_can_have() {
    for addr in [[0, 0, 0, 0], [255, 255, 255, 255], [224, 0, 0, 1]] {
        assert_eq!(ServerAddr::new(addr.into()), None, "{addr:?}");
    }
    assert!(ServerAddr::new([192, 0, 2, 1].into()).is_some());
}

/// DH-27: 127 bytes and their NUL fill the header; one more is refused to firmware.
#[test]
fn puts_the_file_into_the_header_with_its_nul() {
    let longest = "a".repeat(127);
    let bytes = encode(&draft(&longest, Vec::new()), &Request::bios(1)).unwrap();
    assert_eq!(&bytes[108..235], longest.as_bytes());
    assert_eq!(bytes[235], 0);
    assert_eq!(encode(&draft(&"a".repeat(128), Vec::new()), &Request::bios(1)), Err(Unfit::File { len: 128 }));
    assert_eq!(encode(&draft("http://10.0.0.2/x", Vec::new()), &Request::bios(1)), Err(Unfit::Url), "UE-11");
    assert_eq!(encode(&draft("", Vec::new()), &Request::bios(1)), Err(Unfit::Text));
    assert_eq!(encode(&draft("a\0b", Vec::new()), &Request::bios(1)), Err(Unfit::Text));
}

/// DH-28, G17: 67 counts its NUL and a PAD follows; the header stays empty.
#[test]
fn puts_a_long_url_into_option_67() {
    let long = format!("http://10.0.0.2/{}", "a".repeat(200));
    let bytes =
        encode(&Draft { takes: Takes::NameOrUrl, ..draft(&long, vec![(175, vec![1, 1, 1])]) }, &Request::ipxe(1))
            .unwrap();
    assert_eq!(bytes[108..236], [0; 128]);
    let mut expected = vec![67, u8::try_from(long.len() + 1).unwrap()];
    expected.extend_from_slice(long.as_bytes());
    expected.extend_from_slice(&[0, 0, 175, 3, 1, 1, 1]);
    let at = bytes.windows(expected.len()).position(|window| window == expected);
    assert!(at.is_some(), "67, its NUL, a PAD and the next option");
    let too_long = "a".repeat(255);
    let refused = encode(&Draft { takes: Takes::NameOrUrl, ..draft(&too_long, Vec::new()) }, &Request::ipxe(1));
    assert_eq!(refused, Err(Unfit::Option { code: 67, len: 256 }));
}

/// DH-28, HB-05, G17: a URL for HTTP Boot stands in 67 and in the header, or in 67 alone where the header cannot hold it.
#[test]
fn puts_a_url_for_http_boot_into_both_places() {
    let told = |len: usize| {
        let url = format!("http://10.0.0.2/{}", "a".repeat(len - 16));
        let bytes = encode(&Draft { takes: Takes::Url, ..draft(&url, Vec::new()) }, &Request::bios(1)).unwrap();
        let mut option = vec![67, u8::try_from(len + 1).unwrap()];
        option.extend_from_slice(url.as_bytes());
        option.extend_from_slice(&[0, 0, 255]);
        assert!(bytes.windows(option.len()).any(|window| window == option), "67, its NUL, a PAD and the END");
        bytes[108..236].starts_with(url.as_bytes())
    };
    assert!(told(24) && told(127));
    assert!(!told(128) && !told(254));
    let refused = encode(&Draft { takes: Takes::Url, ..draft(&"a".repeat(255), Vec::new()) }, &Request::bios(1));
    assert_eq!(refused, Err(Unfit::Option { code: 67, len: 256 }));
}

/// DH-30, G17: at least 300 bytes; at most what the client takes, less the IP and UDP headers.
#[test]
fn stays_between_300_bytes_and_what_the_client_takes() {
    let small = encode(&draft("a", Vec::new()), &Request::bios(1)).unwrap();
    assert_eq!(small.len(), 300);
    let sized = |len: usize, request: Request| {
        // 240 bytes of header, 3 + 6 + 11 + 19 of options 53, 54, 60 and 97, and the END.
        let filler = len - 240 - 39 - 1;
        let others = [255, 255, 255, 255].iter().scan(filler, |rest, most| {
            let take = (*rest).min(most + 2);
            *rest -= take;
            (take > 2).then(|| (200, vec![7; take - 2]))
        });
        encode(&draft("a", others.collect()), &request).map(|bytes| bytes.len())
    };
    assert_eq!(sized(548, Request::bios(1).without(57)), Ok(548));
    assert_eq!(sized(549, Request::bios(1).without(57)), Err(Unfit::Message { len: 549, limit: 548 }));
    let limit = |max: u16| payload_limit(Some(max));
    assert_eq!((limit(0), limit(575), limit(1260), limit(1500), limit(65535)), (548, 548, 1232, 1472, 1472));
    assert_eq!(sized(1232, Request::bios(1)), Ok(1232));
    assert_eq!(sized(1233, Request::bios(1)), Err(Unfit::Message { len: 1233, limit: 1232 }));
}

/// CO-11: byte for byte, last, also where it is empty.
#[test]
fn gives_option_82_back_as_the_last_one() {
    for info in [&b""[..], &[1, 4, 0, 1, 2, 3, 2, 6, 1, 2, 3, 4, 5, 6, 200, 1, 9], &[0xff; 30]] {
        let request = Request { giaddr: Ipv4Addr::new(10, 9, 0, 1), ..Request::bios(1).with(82, info) };
        let bytes = encode(&draft("a", vec![(209, b"x.cfg".to_vec())]), &request).unwrap();
        let mut expected = vec![82, u8::try_from(info.len()).unwrap()];
        expected.extend_from_slice(info);
        expected.push(255);
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
        assert_eq!(&bytes[end - expected.len()..end], expected);
    }
}

/// DH-20: all of chaddr, and hlen as it came, even where they disagree.
#[test]
fn copies_chaddr_and_hlen_apart() {
    let chaddr = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
    for hlen in [0, 6, 16] {
        let bytes = encode(&draft("a", Vec::new()), &Request { hlen, chaddr, ..Request::bios(1) }).unwrap();
        assert_eq!(bytes[2], hlen);
        assert_eq!(bytes[28..44], chaddr);
    }
}

/// DH-31: 53, 54, 60, 97, 43, others, 82.
#[test]
fn keeps_the_order_of_options() {
    let request = Request::bios(1).with(82, &[1, 1, 1]);
    let vendor_options = Some(VendorOptions::boot_now());
    let bytes = encode(&Draft { vendor_options, ..draft("a", vec![(210, b"/".to_vec())]) }, &request).unwrap();
    let codes: Vec<u8> = Tlv::new(&bytes[240..]).map(|(code, _)| code).collect();
    assert_eq!(codes, [53, 54, 60, 97, 43, 210, 82]);
}
