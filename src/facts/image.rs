//! The facts of one ISO, or the finding that says why there are none.

use std::io;
use std::sync::Arc;

use super::{Digest, ImageFacts, LocalImage};
use crate::diag::{Code, Diagnostic};
use crate::image::iso9660::{self, IsoError};
use crate::image::recipe::{self, RecipeError};
use crate::resolve::IsoSource;
use crate::world::World;

pub(super) fn inspect(source: &IsoSource, world: &dyn World) -> Result<(ImageFacts, LocalImage), Box<Diagnostic>> {
    let image = world.open(&source.path).map_err(|error| unreadable(source, &error))?;
    let iso = iso9660::read(&*image).map_err(|error| not_an_iso(source, &error))?;
    let recipe = recipe::recognize(&iso, &*image).map_err(|error| not_bootable(source, &error))?;
    let facts = ImageFacts {
        size: iso.volume.size,
        volume_id: iso.volume.volume_id.clone(),
        index_digest: Digest(iso.volume.index_digest),
        recipe,
    };
    Ok((facts, LocalImage { path: source.path.clone(), iso: Arc::new(iso) }))
}

fn unreadable(source: &IsoSource, error: &io::Error) -> Box<Diagnostic> {
    let path = source.path.display();
    let finding = match error.kind() {
        io::ErrorKind::NotFound => Diagnostic::new(Code::IsoNotFound, format!("ISO `{}` is not there", source.name))
            .at(source.span, "no such file")
            .help(format!("netspec looked for `{path}`; a path is relative to the folder of the spec")),
        io::ErrorKind::IsADirectory => {
            Diagnostic::new(Code::IsoUnreadable, format!("ISO `{}` is a directory, not a file", source.name))
                .at(source.span, "a directory")
                .help("name the `.iso` file itself; netspec reads it in place, so it need not be unpacked or mounted")
        }
        _ => Diagnostic::new(Code::IsoUnreadable, format!("ISO `{}` cannot be read: {error}", source.name))
            .at(source.span, "cannot be read")
            .help(format!("make `{path}` readable for the user that runs netspec")),
    };
    Box::new(finding)
}

fn not_an_iso(source: &IsoSource, error: &IsoError) -> Box<Diagnostic> {
    let finding = match error {
        IsoError::Truncated { .. } => {
            Diagnostic::new(Code::IsoTruncated, format!("ISO `{}` is cut short: {error}", source.name))
                .at(source.span, "incomplete file")
                .help("download it again and compare its checksum with the one that the distribution publishes")
        }
        _ => Diagnostic::new(Code::IsoInvalid, format!("`{}` is not a usable ISO: {error}", source.name))
            .at(source.span, "not a usable ISO")
            .help("name an ISO 9660 image, as distributions offer it for download"),
    };
    Box::new(finding)
}

fn not_bootable(source: &IsoSource, error: &RecipeError) -> Box<Diagnostic> {
    let finding =
        Diagnostic::new(Code::IsoUnrecognized, format!("cannot boot ISO `{}` over the network: {error}", source.name))
            .at(source.span, "no way to boot it");
    Box::new(match error {
        RecipeError::Unrecognized { .. } => finding.help(
            "netspec boots archiso (`/<basedir>/<cpu>/airootfs.sfs`) and live-boot (`/live/filesystem.squashfs`) ISOs",
        ),
        RecipeError::Incomplete { .. } | RecipeError::Unreadable { .. } => {
            finding.help("use the ISO as the distribution publishes it, or report this one so that netspec learns it")
        }
    })
}
