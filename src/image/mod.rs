//! What is inside an ISO file, read in place.

pub mod iso9660;
