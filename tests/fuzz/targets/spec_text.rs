//! Any text as a spec, beside an ISO that is there and files that are not.
#![no_main]

#[path = "../../it/hostile/properties.rs"]
mod properties;

libfuzzer_sys::fuzz_target!(|text: &str| {
    properties::text_as_spec(text, &netspec::world::MemWorld::default());
});
