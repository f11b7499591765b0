//! What stands in a lock file: JSON with sorted keys, apart from the types that the rest works with.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Lock, LockError, LockedFile, LockedIso, LockedLoader, Section};
use crate::facts::{Begins, Chain, Digest, FileFacts, FileKind, FilePin, ImageFacts, LoaderFiles};
use crate::image::recipe::{Archiso, ArchisoMenu, KernelEntry, LiveBoot, Recipe, Verification};
use crate::spec::loader::{LoaderKind, Machine};

/// The version of the format. It grows when an older netspec would misread a newer lock, and also when the same ISO yields
/// other facts than before, so that facts of an older netspec are not taken for those of this one.
pub const VERSION: u64 = 1;

/// The version alone, whatever else there is.
#[derive(Deserialize)]
struct Head {
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    version: u64,
    specs: BTreeMap<String, Spec>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Spec {
    isos: BTreeMap<String, Iso>,
    /// Files that entries name and that are in no ISO, by their paths in the tree.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, OfEntry>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    loaders: BTreeMap<String, Loader>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    secure_boot: BTreeMap<String, SecureBoot>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Iso {
    path: String,
    size: u64,
    sha256: Digest,
    volume: Volume,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    system: Option<System>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, Inside>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct OfEntry {
    path: String,
    size: u64,
    sha256: Digest,
    /// What it is to boot loaders: `linux`, `uefi`, `linux-and-uefi`, `script`, `other`.
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Volume {
    id: String,
    size: u64,
    index: Digest,
}

/// A file in an ISO.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Inside {
    size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    machine: Option<String>,
    /// For kernels: the names in their signatures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signers: Option<BTreeSet<String>>,
    /// For files that entries name: what they begin as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    begins: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", rename_all_fields = "kebab-case", tag = "family")]
enum System {
    Archiso {
        title: String,
        basedir: String,
        root_images: Vec<String>,
        verification: String,
        kernels: Vec<Kernel>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        menu: Option<Menu>,
    },
    LiveBoot {
        title: String,
        root_image: String,
        root_image_size: u64,
        kernels: Vec<Kernel>,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Kernel {
    title: String,
    kernel: String,
    initrds: Vec<String>,
    arguments: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Menu {
    folder: String,
    working_folder: String,
    first: String,
    /// The lines of each file, with their ends.
    files: BTreeMap<String, Vec<String>>,
    modules: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Loader {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    files: BTreeMap<String, Pin>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Pin {
    size: u64,
    sha256: Digest,
    /// Whether HTTP is in the program.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    http: bool,
    /// Whether HTTPS is, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    https: bool,
}

/// What shim and GRUB of a processor make together.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct SecureBoot {
    trusted: BTreeSet<String>,
    grub_is_trusted: bool,
    grub_has_http: bool,
    grub_folder: String,
}

/// The words of a lock for processors.
const MACHINES: [(Machine, &str); 7] = [
    (Machine::Bios, "bios"),
    (Machine::Ia32, "ia32"),
    (Machine::X64, "x64"),
    (Machine::Arm64, "arm64"),
    (Machine::Riscv64, "riscv64"),
    (Machine::Loong64, "loong64"),
    (Machine::RaspberryPi, "raspberry-pi"),
];

const BEGINS: [(Begins, &str); 2] = [(Begins::Kernel, "kernel"), (Begins::RamDisk, "ram-disk")];

const VERIFICATIONS: [(Verification, &str); 3] =
    [(Verification::Cms, "cms"), (Verification::Checksum, "checksum"), (Verification::Nothing, "nothing")];

fn word_of<T: PartialEq>(words: &[(T, &'static str)], value: &T) -> String {
    words.iter().find(|(known, _)| known == value).map_or("", |(_, word)| word).to_owned()
}

fn of_word<T: Copy>(words: &[(T, &'static str)], what: &str, word: &str) -> Result<T, LockError> {
    let found = words.iter().find(|(_, known)| *known == word).map(|(value, _)| *value);
    found.ok_or_else(|| LockError::Damaged(format!("`{word}` is no {what}")))
}

impl Lock {
    /// Reads the text of a lock.
    ///
    /// # Errors
    /// [`LockError`] says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let mark = |line: &str| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ");
        if let Some((number, _)) = (1..).zip(text.lines()).find(|(_, line)| mark(line)) {
            return Err(LockError::Conflict(number));
        }
        let damaged = |error: serde_json::Error| LockError::Damaged(error.to_string());
        match serde_json::from_str::<Head>(text).map_err(damaged)?.version {
            VERSION => {}
            0 => return Err(LockError::Unknown { found: 0 }),
            found => return Err(LockError::Newer { found }),
        }
        let file: File = serde_json::from_str(text).map_err(damaged)?;
        let sections = file.specs.into_iter().map(|(name, spec)| Ok((name, section(spec)?)));
        Ok(Self { specs: sections.collect::<Result<_, _>>()? })
    }

    /// The text of a lock: keys in order, two blanks of indent, a newline at the end.
    pub fn to_text(&self) -> String {
        let specs = self.specs.iter().map(|(name, section)| (name.clone(), spec(section))).collect();
        let mut text = serde_json::to_string_pretty(&File { version: VERSION, specs }).unwrap_or_default();
        text.push('\n');
        text
    }
}

fn section(spec: Spec) -> Result<Section, LockError> {
    let isos = spec.isos.into_iter().map(|(name, iso)| Ok((name, locked_iso(iso)?)));
    let loaders = spec.loaders.into_iter().map(|(name, loader)| {
        let kind = LoaderKind::named(&name).ok_or_else(|| LockError::Damaged(format!("`{name}` is no loader")))?;
        let pin =
            |pin: Pin| FilePin { size: pin.size, sha256: pin.sha256, speaks_http: pin.http, speaks_https: pin.https };
        let files = LoaderFiles { files: loader.files.into_iter().map(|(name, file)| (name, pin(file))).collect() };
        Ok((kind, LockedLoader { path: loader.path, files }))
    });
    let chains = spec.secure_boot.into_iter().map(|(machine, chain)| {
        let SecureBoot { trusted, grub_is_trusted, grub_has_http, grub_folder } = chain;
        Ok((of_word(&MACHINES, "processor", &machine)?, Chain { trusted, grub_is_trusted, grub_has_http, grub_folder }))
    });
    let files = spec.files.into_iter().map(|(name, file)| Ok((name, locked_file(file)?)));
    Ok(Section {
        isos: isos.collect::<Result<_, _>>()?,
        files: files.collect::<Result<_, _>>()?,
        loaders: loaders.collect::<Result<_, _>>()?,
        chains: chains.collect::<Result<_, _>>()?,
    })
}

fn spec(section: &Section) -> Spec {
    let pin =
        |pin: &FilePin| Pin { size: pin.size, sha256: pin.sha256, http: pin.speaks_http, https: pin.speaks_https };
    let loader = |locked: &LockedLoader| Loader {
        path: locked.path.clone(),
        files: locked.files.files.iter().map(|(name, file)| (name.clone(), pin(file))).collect(),
    };
    let chain = |chain: &Chain| SecureBoot {
        trusted: chain.trusted.clone(),
        grub_is_trusted: chain.grub_is_trusted,
        grub_has_http: chain.grub_has_http,
        grub_folder: chain.grub_folder.clone(),
    };
    Spec {
        isos: section.isos.iter().map(|(name, locked)| (name.clone(), iso(locked))).collect(),
        files: section.files.iter().map(|(name, locked)| (name.clone(), of_entry(locked))).collect(),
        loaders: section.loaders.iter().map(|(kind, locked)| (kind.name().to_owned(), loader(locked))).collect(),
        secure_boot: section.chains.iter().map(|(cpu, of)| (word_of(&MACHINES, cpu), chain(of))).collect(),
    }
}

fn locked_file(file: OfEntry) -> Result<LockedFile, LockError> {
    let OfEntry { path, size, sha256, kind, machine } = file;
    let machine = machine.map(|machine| of_word(&MACHINES, "processor", &machine)).transpose()?;
    let kind = match (kind.as_str(), machine) {
        ("linux", Some(machine)) => FileKind::Linux { machine, uefi: false },
        ("linux-and-uefi", Some(machine)) => FileKind::Linux { machine, uefi: true },
        ("uefi", Some(machine)) => FileKind::Uefi { machine },
        ("script", None) => FileKind::Script,
        ("other", None) => FileKind::Other,
        _ => return Err(LockError::Damaged(format!("`{kind}` is no kind of file, or has no processor"))),
    };
    let pin = FilePin { size, sha256, speaks_http: false, speaks_https: false };
    Ok(LockedFile { path, facts: FileFacts { pin, kind } })
}

fn of_entry(locked: &LockedFile) -> OfEntry {
    let LockedFile { path, facts: FileFacts { pin, kind } } = locked;
    let word = match kind {
        FileKind::Linux { uefi: false, .. } => "linux",
        FileKind::Linux { uefi: true, .. } => "linux-and-uefi",
        FileKind::Uefi { .. } => "uefi",
        FileKind::Script => "script",
        FileKind::Other => "other",
    };
    OfEntry {
        path: path.clone(),
        size: pin.size,
        sha256: pin.sha256,
        kind: word.to_owned(),
        machine: kind.machine().map(|machine| word_of(&MACHINES, &machine)),
    }
}

fn locked_iso(iso: Iso) -> Result<LockedIso, LockError> {
    let mut facts = ImageFacts {
        size: iso.volume.size,
        volume_id: iso.volume.id,
        index_digest: iso.volume.index,
        sha256: Some(iso.sha256),
        recipe: iso.system.map(recipe).transpose()?,
        kernels: BTreeMap::new(),
        signers: BTreeMap::new(),
        kinds: BTreeMap::new(),
        files: BTreeMap::new(),
    };
    for (path, Inside { size, machine, signers, begins }) in iso.files {
        if let Some(begins) = begins {
            facts.kinds.insert(path.clone(), of_word(&BEGINS, "kind of file", &begins)?);
        }
        if let Some(machine) = machine {
            facts.kernels.insert(path.clone(), of_word(&MACHINES, "processor", &machine)?);
        }
        facts.signers.extend(signers.map(|signers| (path.clone(), signers)));
        facts.files.insert(path, size);
    }
    Ok(LockedIso { path: iso.path, size: iso.size, sha256: iso.sha256, facts })
}

fn iso(locked: &LockedIso) -> Iso {
    let LockedIso { path, size, sha256, facts } = locked;
    let inside = |(path, size): (&String, &u64)| {
        let begins = facts.kinds.get(path).map(|begins| word_of(&BEGINS, begins));
        let machine = facts.kernels.get(path).map(|machine| word_of(&MACHINES, machine));
        (path.clone(), Inside { size: *size, machine, signers: facts.signers.get(path).cloned(), begins })
    };
    Iso {
        path: path.clone(),
        size: *size,
        sha256: *sha256,
        volume: Volume { id: facts.volume_id.clone(), size: facts.size, index: facts.index_digest },
        system: facts.recipe.as_ref().map(system),
        files: facts.files.iter().map(inside).collect(),
    }
}

fn recipe(system: System) -> Result<Recipe, LockError> {
    let entries = |kernels: Vec<Kernel>| {
        let entry = |Kernel { title, kernel, initrds, arguments }| KernelEntry { title, kernel, initrds, arguments };
        kernels.into_iter().map(entry).collect()
    };
    Ok(match system {
        System::Archiso { title, basedir, root_images, verification, kernels, menu } => Recipe::Archiso(Archiso {
            title,
            basedir,
            root_images,
            verification: of_word(&VERIFICATIONS, "verification", &verification)?,
            entries: entries(kernels),
            menu: menu.map(|menu| ArchisoMenu {
                folder: menu.folder,
                working_folder: menu.working_folder,
                first: menu.first,
                files: menu.files.into_iter().map(|(name, lines)| (name, lines.concat())).collect(),
                modules: menu.modules,
            }),
        }),
        System::LiveBoot { title, root_image, root_image_size, kernels } => {
            Recipe::LiveBoot(LiveBoot { title, root_image, root_image_size, entries: entries(kernels) })
        }
    })
}

fn system(recipe: &Recipe) -> System {
    let entry = |entry: &KernelEntry| Kernel {
        title: entry.title.clone(),
        kernel: entry.kernel.clone(),
        initrds: entry.initrds.clone(),
        arguments: entry.arguments.clone(),
    };
    let lines = |text: &String| text.split_inclusive('\n').map(str::to_owned).collect();
    match recipe {
        Recipe::Archiso(archiso) => System::Archiso {
            title: archiso.title.clone(),
            basedir: archiso.basedir.clone(),
            root_images: archiso.root_images.clone(),
            verification: word_of(&VERIFICATIONS, &archiso.verification),
            kernels: archiso.entries.iter().map(entry).collect(),
            menu: archiso.menu.as_ref().map(|menu| Menu {
                folder: menu.folder.clone(),
                working_folder: menu.working_folder.clone(),
                first: menu.first.clone(),
                files: menu.files.iter().map(|(name, text)| (name.clone(), lines(text))).collect(),
                modules: menu.modules.clone(),
            }),
        },
        Recipe::LiveBoot(live) => System::LiveBoot {
            title: live.title.clone(),
            root_image: live.root_image.clone(),
            root_image_size: live.root_image_size,
            kernels: live.entries.iter().map(entry).collect(),
        },
    }
}
