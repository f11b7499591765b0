//! Files that entries name and that are in no ISO, in the tree.

use super::reach;
use super::{Node, Plan, Role};
use crate::facts::{Facts, FileKind};
use crate::resolve::{FileSource, ResolvedSpec};

/// Adds the files. Those that come from other servers are none of ours.
pub(super) fn add(spec: &ResolvedSpec, facts: &Facts, plan: &mut Plan) {
    for (_, _, target) in spec.files_targets() {
        let kernel = if reach::kind(&target.kernel, facts) == FileKind::Script { Role::Menu } else { Role::Kernel };
        let roles = std::iter::once((&target.kernel, kernel))
            .chain(target.initrds.iter().map(|initrd| (initrd, Role::Initrd)))
            .chain(target.named.iter().map(|(_, file)| (file, Role::Other)));
        for (source, role) in roles {
            let FileSource::Served(file) = source else { continue };
            let Some(known) = facts.files.get(&file.tree) else { continue };
            plan.loaders.insert(file.tree.clone(), known.pin.clone());
            plan.tree.insert(file.tree.clone(), Node::Loader(file.tree.clone()));
            plan.roles.insert(file.tree.clone(), role);
        }
    }
}
