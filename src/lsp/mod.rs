//! `netspec lsp`: findings, help and names for an editor, by the Language Server Protocol 3.17 over standard input and output.
//!
//! ```text
//! bytes ─message─> Incoming ─server─> documents ─checker (two threads)─> findings ─server─> bytes
//!                               └─ hover, complete, names, symbols: answered at once from the text and the language
//! ```
//!
//! Start at [`serve`]. What is shown in the editor is what `netspec check` prints: the findings are made by the same code over the
//! same [`World`], in which the texts of open documents stand in the place of their files. What the language has, and what is said
//! about it, comes from [`spec::language`](crate::spec::language()) and the pages of `docs/reference/`.
//!
//! **Invariant:** no message ends the server but `exit` and the end of the input; a panic ends one request or one check.

mod actions;
mod checker;
mod complete;
mod documents;
mod findings;
mod hover;
mod message;
mod names;
mod pages;
mod requests;
mod server;
mod symbols;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

pub use self::server::{End, serve};
use crate::diag::Diagnostics;
use crate::source::Sources;
use crate::world::World;

/// What `netspec check` finds about a spec and the files that it names.
#[derive(Debug, Clone)]
pub struct Deep {
    /// The files of the spec.
    pub sources: Sources,
    /// Everything that is wrong.
    pub findings: Diagnostics,
    /// What ISOs hold, by their names in the spec.
    pub found: BTreeMap<String, String>,
}

/// Checks the spec at a path, with all that it names. It may take long, and runs beside everything else.
pub type DeepCheck = fn(&Path, &dyn World) -> Deep;
