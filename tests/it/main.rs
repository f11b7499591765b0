//! The integration tests, in one binary.

mod captures;
mod cli;
mod diagnostics;
mod docs;
mod explain;
mod fmt;
mod init;
mod lan;
mod layers;
mod lease;
mod loaders;
mod nix;
mod plans;
mod recipes;
mod reference;
mod rfc;
mod rules;
mod secure_boot;
mod serve;
mod support;
mod systemd;
mod tree;
mod wire;
mod wire_http;
mod wire_tftp;
mod words;
