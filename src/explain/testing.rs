//! Plans of a few generated texts, for tests.

use crate::facts::{self, Gathered};
use crate::plan::{self, Node, Plan, Template};
use crate::resolve::resolve;
use crate::source::SourceFile;
use crate::spec;
use crate::world::MemWorld;

/// A plan of nothing but these files.
pub(super) fn plan_of(files: &[(&str, &str)]) -> (Plan, Gathered) {
    let source = SourceFile { path: "spec.kdl".into(), text: "".into() };
    let loaded = spec::load(&source, &MemWorld::default());
    let (resolved, _) = resolve(&loaded.spec, &loaded.sources);
    let gathered = facts::gather(&resolved, &MemWorld::default()).0.expect("a spec without files");
    let mut plan = plan::lower(&resolved, &gathered.facts);
    let texts = files.iter().map(|(path, text)| ((*path).to_owned(), Node::Text(Template::new(*text))));
    plan.tree.extend(texts);
    (plan, gathered)
}
