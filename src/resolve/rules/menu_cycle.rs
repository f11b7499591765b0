//! From every menu, something can be booted.

use super::menus::{links, reached};
use crate::diag::nearest::shown;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::spec::Spec;
use crate::spec::menu::Menu;

/// An entry that leads back to the menu before is a good thing to have. Menus that lead *only* to each other are not: who is
/// there can go round for ever, and boot nothing. Each round is told once.
pub(super) fn check(spec: &Spec, out: &mut Diagnostics) {
    if spec.incomplete {
        return;
    }
    let links = links(spec);
    let mut back = vec![Vec::new(); links.len()];
    for (from, targets) in links.iter().enumerate() {
        for &to in targets {
            back[to].push(from);
        }
    }
    // A menu without entries, or with one to a menu that is not defined, has a finding of its own.
    let way_out = |(menu, targets): (&Menu, &Vec<usize>)| targets.is_empty() || targets.len() < menu.entries().count();
    let exits: Vec<usize> = (0..links.len()).filter(|&at| way_out((&spec.menus[at], &links[at]))).collect();
    let mut settled = reached(&back, exits);
    for start in 0..links.len() {
        if settled[start] {
            continue;
        }
        if out.is_full() {
            return;
        }
        let round = round(&links, start);
        // All that leads into this round, and out of it into another one, is the same trap.
        for (position, trapped) in reached(&back, round.iter().copied()).into_iter().enumerate() {
            settled[position] |= trapped;
        }
        for (position, trapped) in reached(&links, round.iter().copied()).into_iter().enumerate() {
            settled[position] |= trapped;
        }
        out.push(trap(spec, &round));
    }
}

/// The round that one comes to from `start` over the first entry of each menu; none of them has a way out.
fn round(links: &[Vec<usize>], start: usize) -> Vec<usize> {
    let mut way = Vec::new();
    let mut step = vec![None; links.len()];
    let mut at = start;
    loop {
        if let Some(first) = step[at] {
            way.drain(..first);
            return way;
        }
        step[at] = Some(way.len());
        way.push(at);
        let Some(&next) = links[at].first() else { return way };
        at = next;
    }
}

fn trap(spec: &Spec, round: &[usize]) -> Diagnostic {
    const FEW: usize = 5;
    let name = |position: &usize| spec.menus.get(*position).map_or_else(String::new, |menu| shown(&menu.name.value));
    let place = |position: &usize| spec.menus.get(*position).map_or(Span::default(), |menu| menu.name.span);
    let first = round.first().map(place).unwrap_or_default();
    let help = "add an entry with `iso` or `boot` to one of them";
    if let [alone] = round {
        let message = format!("menu `{}` leads only to itself, so nothing can be booted there", name(alone));
        return Diagnostic::new(Code::MenuCycle, message)
            .at(first, "boots nothing")
            .help("add an entry with `iso` or `boot` to it");
    }
    let mut way: Vec<String> = round.iter().take(FEW).map(name).collect();
    if round.len() > FEW {
        way.push("…".to_owned());
    }
    way.extend(round.first().map(name));
    Diagnostic::new(
        Code::MenuCycle,
        format!("menus lead only to each other, so nothing can be booted there: `{}`", way.join(" -> ")),
    )
    .at(first, "boots nothing")
    .help(help)
}
