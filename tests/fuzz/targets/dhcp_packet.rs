//! Any datagram on the ports of DHCP.
#![no_main]

#[path = "../../it/hostile/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|datagram: &[u8]| {
    properties::bytes_as_dhcp(datagram);
});
