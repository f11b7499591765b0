//! What a spec says of machines only to be checked, and what these machines come to.

use std::collections::BTreeSet;

use super::{MenuItem, ResolvedSpec, Start, Target, start};
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
    /// Where it begins; `None` where that is not said of it alone.
    pub start: Option<Start>,
    /// The place of its name.
    pub span: Span,
}

pub(super) fn hosts(spec: &Spec) -> Vec<StatedHost> {
    let is_stated = |host: &crate::spec::Host| host.memory.is_some() || host.network_cards.is_some();
    if !spec.hosts.iter().any(is_stated) {
        return Vec::new();
    }
    let hosts = spec.hosts.iter().zip(start::hosts(spec)).filter(|(host, _)| is_stated(host));
    let host = |(host, resolved): (&crate::spec::Host, super::Host)| StatedHost {
        name: resolved.name,
        memory: host.memory.clone(),
        network_cards: host.network_cards.clone(),
        start: resolved.start,
        span: host.name.span,
    };
    hosts.map(host).collect()
}

/// What a client can choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offered<'a> {
    /// ISOs, booted as they are made for.
    pub isos: BTreeSet<&'a str>,
    /// Entries with a kernel by hand: menu and entry.
    pub kernels: BTreeSet<(&'a str, &'a str)>,
}

impl ResolvedSpec {
    /// What a client comes to that begins there; without a beginning of its own, what any client can come to.
    pub fn offered_from<'a>(&'a self, start: Option<&'a Start>) -> Offered<'a> {
        let mut offered = Offered::default();
        let mut waiting: Vec<&str> = match start {
            None => self.menus.iter().map(|menu| menu.name.as_str()).collect(),
            Some(Start::Menu(menu)) => vec![menu.as_str()],
            Some(Start::Entry(..)) => Vec::new(),
        };
        if self.menus.is_empty() {
            offered.isos.extend(self.isos.iter().map(|iso| iso.name.as_str()));
        }
        if let Some(Start::Entry(menu, wanted)) = start {
            let of_menu = self.menus.iter().filter(|known| known.name == *menu);
            for item in of_menu.flat_map(|menu| &menu.items) {
                if matches!(item, MenuItem::Entry { name, .. } if name == wanted) {
                    waiting.extend(offered.add(menu, item));
                }
            }
        }
        let mut seen = BTreeSet::new();
        while let Some(name) = waiting.pop() {
            if seen.insert(name) {
                for menu in self.menus.iter().filter(|menu| menu.name == name) {
                    waiting.extend(menu.items.iter().filter_map(|item| offered.add(&menu.name, item)));
                }
            }
        }
        offered
    }
}

impl<'a> Offered<'a> {
    /// Adds what a line of a menu starts; gives the menu that it leads to.
    fn add(&mut self, menu: &'a str, item: &'a MenuItem) -> Option<&'a str> {
        let MenuItem::Entry { name, target, .. } = item else { return None };
        match target {
            Target::Iso(iso) => {
                self.isos.insert(iso);
            }
            Target::Kernel(_) => {
                self.kernels.insert((menu, name));
            }
            Target::Menu(menu) => return Some(menu),
            _ => {}
        }
        None
    }
}
