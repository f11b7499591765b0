//! What the user wrote: KDL text to [`Spec`], every value with its place.
//!
//! [`parse()`] turns text into a KDL document, [`decode()`] turns the document into a [`Spec`], [`load()`] does both for a file and
//! what it includes, and fills in variables. None of them stops at the first error. What names mean across nodes is for [`resolve`](crate::resolve) to judge. There is one file per
//! top-level node of the language: [`network`] with its [`dhcp`], [`iso`], [`answers`], [`menu`], [`server`], [`loader`],
//! [`host`], [`group`], [`firmware`]. How the text is laid out is a matter of [`layout`] alone.
//!
//! **Invariant:** for any text there is an answer, no panic, and every span lies inside the text on character boundaries.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

pub mod answers;
pub mod choice;
mod decode;
pub mod dhcp;
mod duration;
pub mod effect;
pub mod file;
pub mod firmware;
pub mod group;
pub mod host;
mod include;
pub mod iso;
pub mod language;
pub mod layout;
mod lex;
mod literal;
mod load;
pub mod loader;
pub mod menu;
mod name;
pub mod network;
mod open;
mod parse;
mod plain;
pub mod server;
pub mod set;
mod shape;
mod size;
mod split;
mod subnet;
pub mod tftp;
pub mod tree;
pub mod url;
mod value;
mod variables;
mod words;

#[cfg(test)]
mod tests;

pub use self::answers::Answers;
pub use self::choice::Choice;
pub use self::decode::decode;
pub use self::effect::Effect;
pub use self::firmware::Firmware;
pub use self::group::Group;
pub use self::host::Host;
pub use self::iso::Iso;
pub use self::language::language;
pub use self::load::{Loaded, load};
pub use self::loader::Loader;
pub use self::menu::Menu;
pub use self::name::{MAX_NAME, is_name, name_like};
pub use self::network::Network;
pub use self::open::open;
pub use self::parse::{MAX_SPEC_BYTES, Parsed, parse};
pub use self::server::Server;
pub use self::variables::Variable;

/// A spec as written, in the order of writing.
///
/// A field that the language requires is an `Option` here, and `None` only where its lack or its fault has been reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    /// Where clients are answered.
    pub networks: Vec<Network>,
    /// What can be booted.
    pub isos: Vec<Iso>,
    /// What installers are told.
    pub answers: Vec<Answers>,
    /// What clients choose from; the first one is what they see first.
    pub menus: Vec<Menu>,
    /// How the servers are set up.
    pub server: Option<Server>,
    /// Where boot loaders are found.
    pub loaders: Vec<Loader>,
    /// Single machines: how they are answered, and what they boot.
    pub hosts: Vec<Host>,
    /// Classes of machines and what they boot; the first one that a machine belongs to counts.
    pub groups: Vec<Group>,
    /// Classes of machines that are answered differently; the first one that a machine belongs to counts.
    pub firmware: Vec<Firmware>,
    /// Whether a part of the text could not be read, so that the lack of a node or name proves nothing.
    pub incomplete: bool,
}
