//! Boots firmware in QEMU against a network-boot server, and drives what it shows.
pub mod media;
