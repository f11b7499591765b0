//! Any bytes as an ISO.
#![no_main]

#[path = "../../it/hostile/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    properties::bytes_as_iso(bytes);
});
