//! What is inside an ISO file, read in place.

pub mod iso9660;
pub mod recipe;
pub mod syslinux;
