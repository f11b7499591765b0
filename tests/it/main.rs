//! The integration tests, in one binary.

mod captures;
mod cli;
mod diagnostics;
mod docs;
mod entries;
mod explain;
mod explain_code;
mod fetch;
mod formats;
mod lan;
mod layers;
mod lease;
mod loaders;
mod plans;
mod recipes;
mod reference;
mod rfc;
mod rules;
mod secure_boot;
mod serve;
mod support;
mod tree;
mod wire;
mod wire_http;
mod wire_tftp;
mod words;
