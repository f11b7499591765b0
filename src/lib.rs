//! netspec boots PCs over the network from ISO files, as one KDL file says.
#![warn(missing_docs)]

pub mod cli;
pub mod diag;
pub mod image;
pub mod net;
pub mod plan;
pub mod proto;
pub mod resolve;
pub mod serve;
pub mod source;
pub mod spec;
pub mod world;
