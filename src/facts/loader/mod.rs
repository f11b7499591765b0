//! The loaders of this machine that are one program each: iPXE, shim, GRUB.

mod signature;
mod survey;
mod usual;
mod version;
mod wanted;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use self::signature::Signer;
pub use self::survey::{LookedAt, Signed, Survey, Surveyed, survey};
pub use self::usual::{Package, Program, Usual};
pub(super) use self::wanted::wanted;
use super::pe::{HEADERS, Pe};
use super::{Digest, Known, PROGRAM, scan};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::{LoaderSource, ResolvedSpec};
use crate::spec::loader::{LoaderKind, Machine};
use crate::world::{ReadAt, World};

/// The files of one loader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct LoaderFiles {
    /// By their names in plans, which no file of another loader has: `ipxe-x64.efi`; `lpxelinux.0`, `menu.c32` …
    pub files: BTreeMap<String, FilePin>,
}

/// A file pinned by its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FilePin {
    /// In bytes.
    pub size: u64,
    /// Of the whole file.
    pub sha256: Digest,
    /// Whether HTTP is in a program. It shows where the program is not compressed, as those for UEFI are not.
    #[serde(skip)]
    pub speaks_http: bool,
    /// The same about HTTPS.
    #[serde(skip)]
    pub speaks_https: bool,
}

/// What a client of HTTP has to send (RFC 9112 section 2.3).
const HTTP: &[u8] = b"HTTP/1.1";
/// The name of the scheme as iPXE looks it up (`core/open.c`), at the end of a string of C. Without it no build has HTTPS.
const HTTPS: &[u8] = b"https\0";

impl FilePin {
    /// Reads a file piece by piece.
    pub(super) fn of(file: &dyn ReadAt) -> io::Result<Self> {
        let scanned = scan::scan(file, [HTTP, HTTPS])?;
        let [speaks_http, speaks_https] = scanned.has;
        Ok(Self { size: file.size(), sha256: scanned.sha256, speaks_http, speaks_https })
    }
}

/// The largest loader of today is a GRUB of 4.2 MiB.
const MAX_FILE: u64 = 16 * 1024 * 1024;

/// Where a spec says that loaders are.
pub type Sources = BTreeMap<LoaderKind, LoaderSource>;

/// What was found of one loader: its facts, and where its files are.
pub(super) type Found = (LoaderFiles, BTreeMap<String, PathBuf>);

/// Looks where the spec says, else in the usual places. Nothing found is no files.
pub(super) fn find(
    row: &Usual,
    sources: &Sources,
    known: &dyn Known,
    world: &dyn World,
) -> Result<Found, Box<Diagnostic>> {
    let (mut files, mut paths) = <(LoaderFiles, BTreeMap<_, _>)>::default();
    let mut add = |name: &str, path: &Path, pin: FilePin| {
        files.files.insert(name.to_owned(), pin);
        paths.insert(name.to_owned(), path.to_owned());
    };
    if let Some(source) = sources.get(&row.kind) {
        let program = program_of(row, &source.path);
        let pin = match program.and_then(|program| known.pin(program.name, &source.path)) {
            Some(pin) => pin,
            None => read(row, &source.path, world).map_err(|error| unusable(row, source, &error))?,
        };
        check_digest(row.kind, source, &pin)?;
        if let Some(program) = program {
            add(program.name, &source.path, pin);
        }
    } else {
        for program in row.programs {
            let pin = |place| known.pin(program.name, place).or_else(|| read(row, place, world).ok());
            let found = program.places.iter().map(Path::new).find_map(|place| Some((place, pin(place)?)));
            if let Some((place, pin)) = found {
                add(program.name, place, pin);
            }
        }
    }
    Ok((files, paths))
}

/// Loaders that are known without their files: what the spec pins by a digest must be what is known.
pub(super) fn pinned(
    spec: &ResolvedSpec,
    loaders: BTreeMap<LoaderKind, LoaderFiles>,
    findings: &mut Diagnostics,
) -> BTreeMap<LoaderKind, LoaderFiles> {
    for (kind, source) in &spec.loaders {
        let first = loaders.get(kind).and_then(|loader| loader.files.get(PROGRAM).or(loader.files.values().next()));
        if let Some(Err(finding)) = first.map(|pin| check_digest(*kind, source, pin)) {
            findings.push(*finding);
        }
    }
    loaders
}

/// Which program a file that the spec names is: the one with the same extension, else the first.
fn program_of(row: &Usual, path: &Path) -> Option<&'static Program> {
    let same = |program: &&Program| Path::new(program.name).extension() == path.extension();
    row.programs.iter().find(same).or(row.programs.first())
}

/// Whether a program is the one that the spec pins.
pub(super) fn check_digest(kind: LoaderKind, source: &LoaderSource, pin: &FilePin) -> Result<(), Box<Diagnostic>> {
    let Some(wanted) = source.sha256.as_ref().filter(|wanted| Digest(wanted.value) != pin.sha256) else {
        return Ok(());
    };
    let (name, path, found) = (kind.name(), source.path.display(), pin.sha256);
    let message = format!(
        "loader `{name}` is not the file that the spec pins: `{path}` has the SHA-256 digest {found}, and the spec wants {}",
        Digest(wanted.value)
    );
    let help = format!("put back the file that was pinned, or, if you trust the new one, write `sha256=\"{found}\"`");
    Err(Box::new(Diagnostic::new(Code::LoaderDigest, message).at(wanted.span, "another digest").help(help)))
}

/// Why a file is not the loader that it should be.
enum Unusable {
    Io(io::Error),
    /// A PE program for another processor.
    Machine(u16),
    /// No PE program.
    NoProgram,
    /// A PE program where one for legacy BIOS should be.
    Uefi,
}

fn read(row: &Usual, path: &Path, world: &dyn World) -> Result<FilePin, Unusable> {
    let file = world.open(path).map_err(Unusable::Io)?;
    if file.size() > MAX_FILE {
        return Err(Unusable::Io(io::ErrorKind::FileTooLarge.into()));
    }
    let mut head = vec![0; usize::try_from(file.size()).map_or(HEADERS, |size| size.min(HEADERS))];
    file.read_exact_at(0, &mut head).map_err(Unusable::Io)?;
    match (row.machine_type, Pe::new(&head).map(Pe::machine_type)) {
        (Some(wanted), Some(found)) if wanted != found => Err(Unusable::Machine(found)),
        (Some(_), None) => Err(Unusable::NoProgram),
        (None, Some(_)) => Err(Unusable::Uefi),
        _ => FilePin::of(&*file).map_err(Unusable::Io),
    }
}

/// Why a file at a usual place is passed over, as a phrase; `None` where there is no file.
fn reason(error: &Unusable) -> Option<String> {
    Some(match error {
        Unusable::Io(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Unusable::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => format!("more than {MAX_FILE} bytes"),
        Unusable::Io(error) => error.to_string(),
        Unusable::Machine(found) => format!("for {}", machine_name(*found)),
        Unusable::NoProgram => "no UEFI program".to_owned(),
        Unusable::Uefi => "a UEFI program".to_owned(),
    })
}

fn machine_name(machine_type: u16) -> String {
    match usual::machine(machine_type) {
        Some(machine) => machine.name().to_owned(),
        None => format!("machine type {machine_type:#x}"),
    }
}

/// What executes a UEFI program, as the first bytes of it say.
pub(super) fn machine_of_program(head: &[u8]) -> Option<Machine> {
    usual::machine(Pe::new(head)?.machine_type())
}

fn unusable(row: &Usual, source: &LoaderSource, error: &Unusable) -> Box<Diagnostic> {
    let (name, path) = (row.kind.name(), source.path.display());
    let wanted = row.kind.machine().name();
    let message = match error {
        Unusable::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            format!("loader `{name}` is not there: no file `{path}`")
        }
        Unusable::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            format!("loader `{name}` cannot be used: `{path}` has more than {MAX_FILE} bytes")
        }
        Unusable::Io(error) => format!("loader `{name}` cannot be used: `{path}` cannot be read: {error}"),
        Unusable::Machine(found) => {
            let found = machine_name(*found);
            format!("loader `{name}` is for {wanted}, and `{path}` is a UEFI program for {found}")
        }
        Unusable::NoProgram => format!("loader `{name}` cannot be used: `{path}` is no UEFI program for {wanted}"),
        Unusable::Uefi => {
            format!("loader `{name}` cannot be used: `{path}` is a UEFI program, and legacy BIOS executes none")
        }
    };
    let help = match error {
        Unusable::Io(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            "let the user that runs netspec read it".to_owned()
        }
        Unusable::Machine(found) => match sibling(row, *found) {
            Some(kind) => format!("name {} for {wanted}; this one belongs to `loader \"{}\"`", what(row), kind.name()),
            None => format!("name {} for {wanted}", what(row)),
        },
        _ => format!("name {}", what(row)),
    };
    Box::new(Diagnostic::new(Code::LoaderUnusable, message).at(source.span, format!("not {}", article(row))).help(help))
}

/// The kind of the same program for another processor.
fn sibling(row: &Usual, machine_type: u16) -> Option<LoaderKind> {
    let program = |kind: LoaderKind| kind.name().split('-').next();
    let mut rows = Usual::all().filter(|other| other.machine_type == Some(machine_type));
    rows.find(|other| program(other.kind) == program(row.kind)).map(|other| other.kind)
}

/// The files that are meant by a kind.
fn what(row: &Usual) -> &'static str {
    match row.kind {
        LoaderKind::IpxeBios => "`undionly.kpxe` or `ipxe.pxe` of iPXE",
        LoaderKind::ShimX64 | LoaderKind::ShimArm64 => "the signed shim of a distribution",
        LoaderKind::GrubX64 | LoaderKind::GrubArm64 => "the signed network GRUB of a distribution",
        _ => "`snponly.efi` or `ipxe.efi` of iPXE",
    }
}

fn article(row: &Usual) -> &'static str {
    match row.kind {
        LoaderKind::IpxeBios => "an iPXE for legacy BIOS",
        LoaderKind::ShimX64 | LoaderKind::ShimArm64 => "a shim",
        LoaderKind::GrubX64 | LoaderKind::GrubArm64 => "a GRUB",
        _ => "an iPXE for UEFI",
    }
}
