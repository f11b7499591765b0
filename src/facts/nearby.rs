//! What could be meant by a path at which there is no file.

use std::path::Path;

use crate::diag::nearest::file_meant;
use crate::world::World;

const RELATIVE: &str = "write the path relative to the folder of the spec, or from `/` on";

/// A help: of the files beside the missing one that `may_be` the kind that is looked for, the nearest or all.
pub(super) fn nearby(path: &Path, world: &dyn World, may_be: impl Fn(&str) -> bool) -> String {
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let Some(folder) = path.parent() else { return RELATIVE.to_owned() };
    let Ok(paths) = world.list(folder) else {
        return format!("there is no folder `{}` either; {RELATIVE}", folder.display());
    };
    let there: Vec<_> = paths.iter().filter_map(|path| name(path)).filter(|name| may_be(name)).collect();
    file_meant(&name(path).unwrap_or_default(), &there).unwrap_or_else(|| RELATIVE.to_owned())
}
