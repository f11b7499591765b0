//! What clients would notice between two plans, and why.
//!
//! Plans are compared as they are printed, so that one of an older netspec can be compared with one of today. What has a meaning of
//! its own here (menus, kernels, loaders, networks) is told in words, the rest by its place in the plan.

mod menus;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use self::menus::Menus;
use self::text::{reassembled, shown};
use super::FORMAT;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Change {
    /// What it is about: ``menu `main` ``, `UEFI on x64 over PXE`.
    pub about: String,
    /// What is different there.
    pub what: String,
    /// What was; `None` where there was nothing.
    pub old: Option<String>,
    /// What is; `None` where there is nothing any more.
    pub new: Option<String>,
    /// What it follows from, where that is known.
    pub why: Option<String>,
}

/// Why a text is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Json(String),
    /// It is no plan, or one of a newer netspec.
    #[error("it is no plan that this netspec reads: its format is {found}, and not {FORMAT}")]
    Format {
        /// What stands there.
        found: String,
    },
}

/// Reads a printed plan.
///
/// # Errors
/// [`NoPlan`] says what it is instead.
pub fn read(text: &str) -> Result<Value, NoPlan> {
    let plan: Value = serde_json::from_str(text).map_err(|error| NoPlan::Json(error.to_string()))?;
    match plan.get("format") {
        Some(format) if format.as_u64() == Some(u64::from(FORMAT)) => Ok(plan),
        found => Err(NoPlan::Format { found: found.map_or_else(|| "missing".to_owned(), Value::to_string) }),
    }
}

/// Everything in which two printed plans differ, in the order of what a client meets: networks, programs, menus, kernels, contents.
pub fn diff(old: &Value, new: &Value) -> Vec<Change> {
    let mut differ = Differ { old, new, changes: Vec::new() };
    differ.networks();
    differ.fields("the server", "server", None);
    differ.programs();
    differ.menus();
    differ.files();
    differ.pinned("images", "ISO");
    differ.pinned("loaders", "loader file");
    differ.rest();
    differ.changes
}

/// Parts of a plan that are compared in words, and roles, which only say how files are called in a journal.
const KNOWN: &[&str] = &["format", "networks", "server", "boot", "tree", "images", "loaders", "roles"];

struct Differ<'a> {
    old: &'a Value,
    new: &'a Value,
    changes: Vec<Change>,
}

impl Differ<'_> {
    fn push(&mut self, about: &str, what: &str, old: Option<String>, new: Option<String>, why: Option<String>) {
        let (about, what) = (about.to_owned(), what.to_owned());
        self.changes.push(Change { about, what, old, new, why });
    }

    fn networks(&mut self) {
        let (old, new) = (by_name(&self.old["networks"]), by_name(&self.new["networks"]));
        for (name, old, new) in pairs(&old, &new) {
            self.values(&format!("network `{name}`"), "", old, new, None);
        }
    }

    /// The parts of an object below a key of the plan.
    fn fields(&mut self, about: &str, key: &str, why: Option<&str>) {
        self.values(about, "", self.old.get(key), self.new.get(key), why);
    }

    /// What DHCP tells each kind of client.
    fn programs(&mut self) {
        let (old, new) = (&self.old["boot"], &self.new["boot"]);
        for key in keys(old, new) {
            let (old, new) = (old.get(&key), new.get(&key));
            let by_cpu = match key.as_str() {
                "efi" => Some("over PXE"),
                "http" => Some("over HTTP Boot"),
                _ => None,
            };
            match (by_cpu, key.as_str()) {
                (Some(how), _) => {
                    let (old, new) = (old.unwrap_or(&Value::Null), new.unwrap_or(&Value::Null));
                    for cpu in keys(old, new) {
                        let (old, new) = (old.get(&cpu), new.get(&cpu));
                        let why = self.why_program(old, new);
                        self.values(&format!("UEFI on {cpu} {how}"), "program", old, new, why.as_deref());
                    }
                }
                (None, "bios") => self.values("legacy BIOS", "program", old, new, None),
                (None, "ipxe") => self.values("iPXE", "script", old, new, None),
                (None, "rules") => {
                    let empty = Vec::new();
                    let list = |value: Option<&Value>| value.and_then(Value::as_array).unwrap_or(&empty).clone();
                    let (old, new) = (list(old), list(new));
                    for at in 0..old.len().max(new.len()) {
                        self.values(&format!("rule {}", at + 1), "", old.get(at), new.get(at), None);
                    }
                }
                (None, key) => self.values(key, "", old, new, None),
            }
        }
    }

    /// That a client is told another program may be because there is one now, or no more.
    fn why_program(&self, old: Option<&Value>, new: Option<&Value>) -> Option<String> {
        let loader = |plan: &Value, boot: Option<&Value>| {
            let file = boot.and_then(|boot| boot.get("file").unwrap_or(boot).as_str())?;
            plan["tree"].get(file)?.get("loader")?.as_str().map(str::to_owned)
        };
        let (old, new) = (loader(self.old, old), loader(self.new, new));
        match (old, new) {
            (_, Some(new)) if self.old["loaders"].get(&new).is_none() => Some(format!("`{new}` is new")),
            (Some(old), _) if self.new["loaders"].get(&old).is_none() => Some(format!("`{old}` is gone")),
            _ => None,
        }
    }

    /// Menus and kernels, as iPXE and the ISOs' own loaders show them.
    fn menus(&mut self) {
        let (old, new) = (Menus::of(self.old), Menus::of(self.new));
        for change in menus::diff(&old, &new) {
            let why = change.iso.and_then(|iso| self.why_iso(&iso));
            self.push(&change.about, &change.what, change.old, change.new, why);
        }
    }

    fn why_iso(&self, iso: &str) -> Option<String> {
        match (self.old["images"].get(iso), self.new["images"].get(iso)) {
            (None, Some(_)) => Some(format!("ISO `{iso}` is new")),
            (Some(_), None) => Some(format!("ISO `{iso}` is gone")),
            (Some(old), Some(new)) if !is_same_file(old, new) => Some(format!("ISO `{iso}` is another file")),
            _ => None,
        }
    }

    /// Files of the tree that are there or not, by their folders, and texts that are others for no reason told so far.
    fn files(&mut self) {
        let (old, new) = (&self.old["tree"], &self.new["tree"]);
        let mut folders: BTreeMap<(String, bool), Vec<String>> = BTreeMap::new();
        let mut texts = Vec::new();
        for path in keys(old, new) {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", &path));
            match (old.get(&path), new.get(&path)) {
                (None, _) => folders.entry((folder.to_owned(), true)).or_default().push(name.to_owned()),
                (_, None) => folders.entry((folder.to_owned(), false)).or_default().push(name.to_owned()),
                (Some(old), Some(new)) if old != new => texts.push((path, old, new)),
                _ => {}
            }
        }
        let tells_menus = |change: &Change| change.about.starts_with("menu") || change.about.starts_with("kernel");
        let is_told = self.changes.iter().any(tells_menus);
        for (path, old, new) in texts {
            match (reassembled(old), reassembled(new)) {
                (Some(_), Some(_)) if is_told => {}
                (Some(old), Some(new)) => {
                    let (gone, come) = text::lines(&old, &new);
                    self.push(&format!("file `{path}`"), "text", gone, come, None);
                }
                _ => self.values(&format!("file `{path}`"), "", Some(old), Some(new), None),
            }
        }
        for ((folder, is_new), names) in folders {
            let about = format!("folder `/{folder}`");
            let what = if names.len() == 1 { "a file".to_owned() } else { format!("{} files", names.len()) };
            let listed = text::some(&names);
            let (old, new) = if is_new { (None, Some(listed)) } else { (Some(listed), None) };
            self.push(&about, &what, old, new, None);
        }
    }

    /// What is pinned by content: ISOs and loaders.
    fn pinned(&mut self, key: &str, what: &str) {
        let (old, new) = (&self.old[key], &self.new[key]);
        for name in keys(old, new) {
            let (old, new) = (old.get(&name), new.get(&name));
            if !old.zip(new).is_some_and(|(old, new)| is_same_file(old, new)) {
                self.values(&format!("{what} `{name}`"), "", old, new, None);
            }
        }
    }

    /// What has no words of its own.
    fn rest(&mut self) {
        for key in keys(self.old, self.new).iter().filter(|key| !KNOWN.contains(&key.as_str())) {
            self.fields(key, key, None);
        }
    }

    /// Two values; of objects, each part by itself.
    fn values(&mut self, about: &str, what: &str, old: Option<&Value>, new: Option<&Value>, why: Option<&str>) {
        if old == new {
            return;
        }
        match (old, new) {
            (Some(old @ Value::Object(_)), Some(new @ Value::Object(_))) => {
                for key in keys(old, new) {
                    let inner = match (what, key.as_str()) {
                        ("", key) => key.to_owned(),
                        (what, "file") => what.to_owned(),
                        (what, key) => format!("{what} {key}"),
                    };
                    self.values(about, &inner, old.get(&key), new.get(&key), why);
                }
            }
            _ => self.push(about, what, old.map(shown), new.map(shown), why.map(str::to_owned)),
        }
    }
}

/// Whether two files are the same, as far as both sides say. A plan without a lock has no digest of the contents.
fn is_same_file(old: &Value, new: &Value) -> bool {
    keys(old, new).iter().all(|key| match (old.get(key), new.get(key)) {
        (Some(old), Some(new)) => old == new,
        _ => key == "sha256",
    })
}

/// The keys of two objects, sorted.
fn keys(old: &Value, new: &Value) -> Vec<String> {
    let keys = [old, new].into_iter().filter_map(Value::as_object).flat_map(|object| object.keys().cloned());
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

/// A list of objects by their names.
fn by_name(list: &Value) -> BTreeMap<String, &Value> {
    let items = list.as_array().into_iter().flatten();
    items.filter_map(|item| Some((item.get("name")?.as_str()?.to_owned(), item))).collect()
}

/// What has the same name on both sides.
fn pairs<'a>(
    old: &'a BTreeMap<String, &'a Value>,
    new: &'a BTreeMap<String, &'a Value>,
) -> impl Iterator<Item = (&'a String, Option<&'a Value>, Option<&'a Value>)> {
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names.into_iter().map(|name| (name, old.get(name).copied(), new.get(name).copied()))
}

#[cfg(test)]
mod tests;
