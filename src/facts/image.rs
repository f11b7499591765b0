//! The facts of one ISO, or the finding that says why there are none.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::nearby::nearby;
use super::{Digest, ImageFacts, Known, LocalImage, files, kernel, kind, known, secure};
use crate::diag::{Code, Diagnostic};
use crate::image::iso9660::{self, IsoError};
use crate::image::recipe::{self, Recipe, RecipeError};
use crate::resolve::{IsoSource, ResolvedSpec};
use crate::world::World;

/// An ISO of an unknown kind is of no use where the spec does not say by hand what to boot of it.
pub(super) fn inspect(
    source: &IsoSource,
    spec: &ResolvedSpec,
    world: &dyn World,
) -> Result<(ImageFacts, LocalImage), Box<Diagnostic>> {
    let path = files::path_of_iso(source, world)?;
    let image = world.open(&path).map_err(|error| unopened(source, &error, world))?;
    let iso = iso9660::read(&*image).map_err(|error| not_an_iso(source, &error))?;
    let recipe = match recipe::recognize(&iso, &*image) {
        Ok(recipe) => Some(recipe),
        Err(_) if !spec.needs_recipe(&source.name) => None,
        Err(error) => return Err(not_bootable(source, &error)),
    };
    let named = known::by_hand(source, spec).chain(known::by_words(source, spec)).map(str::to_owned);
    let files = named.chain(recipe.iter().flat_map(Recipe::files));
    let mut facts = ImageFacts {
        size: iso.volume.size,
        volume_id: iso.volume.volume_id.clone(),
        index_digest: Digest(iso.volume.index_digest),
        sha256: None,
        files: files
            .filter_map(|path| Some((iso.tree.file(&path)?.size, path)))
            .map(|(size, path)| (path, size))
            .collect(),
        recipe,
        kernels: BTreeMap::new(),
        signers: BTreeMap::new(),
        kinds: BTreeMap::new(),
    };
    let kernels = known::kernels(source, spec, &facts);
    let machines = kernel::machines(&iso, &*image, kernels.iter().copied());
    let signers = secure::signers(&iso, &*image, kernels.iter().copied());
    facts.kernels = machines;
    facts.signers = signers;
    facts.kinds = kind::kinds(&iso, &*image, known::by_hand(source, spec));
    Ok((facts, LocalImage { path, iso: Arc::new(iso) }))
}

/// The index of an ISO whose facts are known.
pub(super) fn open(source: &IsoSource, world: &dyn World) -> Result<LocalImage, Box<Diagnostic>> {
    let path = files::path_of_iso(source, world)?;
    let image = world.open(&path).map_err(|error| unopened(source, &error, world))?;
    let iso = iso9660::read(&*image).map_err(|error| not_an_iso(source, &error))?;
    Ok(LocalImage { path, iso: Arc::new(iso) })
}

/// The facts of an ISO that need not be read, where they are all that this spec asks for.
pub(super) fn known(source: &IsoSource, spec: &ResolvedSpec, known: &dyn Known) -> Option<ImageFacts> {
    let facts = known.image(source)?;
    let is_enough = facts.recipe.is_some() || !spec.needs_recipe(&source.name);
    let mut by_words = known::by_words(source, spec);
    let is_enough = is_enough && facts.lacks(source, spec).next().is_none();
    // A word may name what is not there, which only the ISO itself can say.
    (is_enough && (known.is_all() || by_words.all(|path| facts.files.contains_key(path))))
        .then(|| facts.narrowed(source, spec))
}

fn unopened(source: &IsoSource, error: &io::Error, world: &dyn World) -> Box<Diagnostic> {
    let (name, path) = (&source.name, source.path.display());
    Box::new(match error.kind() {
        io::ErrorKind::NotFound => {
            Diagnostic::new(Code::IsoNotFound, format!("ISO `{name}` is not there: no file `{path}`"))
                .at(source.span, "no such file")
                .help(nearby(&source.path, world, |name| name.to_ascii_lowercase().ends_with(".iso")))
        }
        io::ErrorKind::IsADirectory => {
            Diagnostic::new(Code::IsoUnreadable, format!("ISO `{name}` is a directory, not a file"))
                .at(source.span, "a directory")
                .help("name the `.iso` file itself; netspec reads it in place, so it need not be unpacked or mounted")
        }
        io::ErrorKind::PermissionDenied => {
            Diagnostic::new(Code::IsoUnreadable, format!("ISO `{name}` may not be read by this user"))
                .at(source.span, "no permission")
                .help(format!("let the user that runs netspec read `{path}` and enter the folders that it is in"))
        }
        _ => Diagnostic::new(Code::IsoUnreadable, format!("ISO `{name}` cannot be read: {error}"))
            .at(source.span, "cannot be read")
            .help(format!("see what `head -c 1 {path}` says")),
    })
}

fn not_an_iso(source: &IsoSource, error: &IsoError) -> Box<Diagnostic> {
    let name = &source.name;
    let (code, message, label) = match error {
        IsoError::Io { offset, source } => {
            let message = format!("ISO `{name}` cannot be read at byte {offset}: {source}");
            (Code::IsoUnreadable, message, "cannot be read")
        }
        IsoError::Truncated { .. } => (Code::IsoTruncated, format!("ISO `{name}` is cut short: {error}"), "incomplete"),
        IsoError::NotIso { .. } => (Code::IsoInvalid, format!("ISO `{name}` is {error}"), "not an ISO"),
        _ => (Code::IsoInvalid, format!("ISO `{name}` cannot be used: {error}"), "not a usable ISO"),
    };
    Box::new(Diagnostic::new(code, message).at(source.span, label).help(error.advice()))
}

fn not_bootable(source: &IsoSource, error: &RecipeError) -> Box<Diagnostic> {
    let message = format!("ISO `{}` cannot be booted over the network: {error}", source.name);
    let help = match error {
        RecipeError::Unrecognized { .. } => {
            "name an ISO made with archiso (`/<basedir>/<cpu>/airootfs.sfs`) or live-boot (`/live/filesystem.squashfs`)"
        }
        RecipeError::Incomplete { .. } | RecipeError::Unreadable { .. } => {
            "use the ISO as the distribution publishes it, or report this one so that netspec learns it"
        }
    };
    Box::new(Diagnostic::new(Code::IsoUnrecognized, message).at(source.span, "no way to boot it").help(help))
}
