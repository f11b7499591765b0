//! What a spec says of machines only to be checked.

use crate::source::{Span, Spanned};
use crate::spec::Spec;

/// A `host` of which the spec says what it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedHost {
    /// Its name.
    pub name: String,
    /// Its memory, in bytes.
    pub memory: Option<Spanned<u64>>,
    /// The number of its network cards.
    pub network_cards: Option<Spanned<u16>>,
    /// The place of its name.
    pub span: Span,
}

pub(super) fn hosts(spec: &Spec) -> Vec<StatedHost> {
    let stated = spec.hosts.iter().filter(|host| host.memory.is_some() || host.network_cards.is_some());
    let host = |host: &crate::spec::Host| StatedHost {
        name: host.name.value.clone(),
        memory: host.memory.clone(),
        network_cards: host.network_cards.clone(),
        span: host.name.span,
    };
    stated.map(host).collect()
}
