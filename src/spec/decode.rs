//! KDL document to spec.

use kdl::KdlDocument;

use super::shape::{self, Child, Shape};
use super::value::name_span;
use super::{Answers, Firmware, Group, Host, Iso, Loader, Menu, Network, Server, Spec};
use crate::diag::{Code, Diagnostic, Diagnostics};

/// Set aside for boot tests of a spec.
pub(super) const TEST: &str = "test";

/// The top of a spec: what may stand there.
pub(super) const TOP: Shape = Shape {
    name: "",
    arguments: &[],
    more: None,
    properties: &[],
    children: &[
        Child { name: "include", once: false },
        Child { name: "let", once: false },
        Child { name: "network", once: false },
        Child { name: "iso", once: false },
        Child { name: "answers", once: false },
        Child { name: "menu", once: false },
        Child { name: "server", once: true },
        Child { name: "loader", once: false },
        Child { name: "host", once: false },
        Child { name: "group", once: false },
        Child { name: "firmware", once: false },
        Child { name: TEST, once: false },
    ],
};

/// Reads a document as a spec and reports everything in it that the language does not have.
pub fn decode(document: &KdlDocument) -> (Spec, Diagnostics) {
    let mut out = Diagnostics::default();
    let mut spec = Spec::default();
    let (nodes, clean) = shape::check_children(&TOP, document, &mut out);
    spec.incomplete |= !clean;
    for node in nodes {
        match node.name().value() {
            "network" => keep(&mut spec.networks, Network::decode(node, &mut out), &mut spec.incomplete),
            "iso" => keep(&mut spec.isos, Iso::decode(node, &mut out), &mut spec.incomplete),
            "answers" => keep(&mut spec.answers, Answers::decode(node, &mut out), &mut spec.incomplete),
            "menu" => keep(&mut spec.menus, Menu::decode(node, &mut out), &mut spec.incomplete),
            "loader" => keep(&mut spec.loaders, Loader::decode(node, &mut out), &mut spec.incomplete),
            "host" => keep(&mut spec.hosts, Host::decode(node, &mut out), &mut spec.incomplete),
            "group" => keep(&mut spec.groups, Group::decode(node, &mut out), &mut spec.incomplete),
            "firmware" => keep(&mut spec.firmware, Firmware::decode(node, &mut out), &mut spec.incomplete),
            "server" => spec.server = Some(Server::decode(node, &mut out)),
            TEST => out.push(
                Diagnostic::new(
                    Code::NotYetSupported,
                    "`test` is set aside for boot tests, which a spec cannot hold yet",
                )
                .at(name_span(node), "not yet supported")
                .help("remove it; `netspec-harness run` boots firmware against netspec meanwhile"),
            ),
            // `include` and `let` are taken out when the files of a spec are put together.
            _ => {}
        }
    }
    spec.incomplete |= spec.menus.iter().any(|menu| menu.incomplete);
    super::loader::check_twice(&spec.loaders, &mut out);
    out.sort();
    (spec, out)
}

fn keep<T>(list: &mut Vec<T>, decoded: Option<T>, incomplete: &mut bool) {
    match decoded {
        Some(node) => list.push(node),
        None => *incomplete = true,
    }
}
