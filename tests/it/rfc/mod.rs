//! What the standards and the firmware in the field ask of a boot server, by the IDs of `requirements.txt`.
//!
//! An ID stands in the name of a test (`dh_20_…`) or in its doc comment (`DH-20`). `table.rs` joins all tests of the tree with
//! the requirements into `docs/conformance.md`, and fails where a requirement has neither a test nor a reason.

mod boot_server_4011;
mod dhcp_offer;
mod dhcp_receive;
mod firmware;
mod http;
mod lan;
mod requirements;
mod rules;
mod scan;
mod stages;
mod table;
mod tftp_lan;
mod tftp_names;
mod tftp_options;
mod tftp_transfer;
