//! The specs that come with netspec, each with the screen that a PC shows: the page `docs/gallery.md`.
//!
//! Every spec is served as it stands, apart from the address of its network, which is the lab's ([`exhibits`]); the PC boots to
//! its first menu, and what a person would see there goes beside the spec.

pub mod exhibits;
pub mod page;

use std::path::{Path, PathBuf};

use crate::bench::{Bench, Options};
use crate::case::{Stop, Summary, Verdict};
use crate::cases::{archiso, debian_live, secure_boot};
use crate::error::{Context, Error, Result};
use crate::lab::RouterKind;
use crate::lab::router::Siaddr;
use crate::media::Layout;
use crate::script::menu;
use crate::subject::Subject;
use crate::{evidence, firmware, runner};
use exhibits::{Exhibit, File, View};
use page::Screens;

/// Takes every screen and writes the page anew. Says whether all could be taken; only then the page is written.
pub fn run(specs: &Path, options: &Options, root: &Path, into: &Path) -> Result<bool> {
    let run = evidence::new_run(root)?;
    let mut screens = Screens::default();
    let mut reports = Vec::new();
    for exhibit in exhibits::ALL {
        for view in exhibit.views {
            let name = format!("{}-{}", exhibit.spec, view.name);
            let report = runner::run_case(&name, &|bench| boot(bench, specs, exhibit, view), options, &run, false)?;
            runner::print(&report.to_string())?;
            let screen = run.join(&report.folder).join("screen.txt");
            if let Ok(screen) = std::fs::read_to_string(&screen) {
                screens.add(exhibit, view, screen);
            }
            reports.push(report);
        }
    }
    let summary = Summary::of(&reports);
    runner::print(&summary.to_string())?;
    let whole = reports.iter().all(|report| report.outcome == crate::case::Outcome::Passed);
    if whole {
        std::fs::write(into, page::page(specs, &screens)?).context(into.display())?;
    }
    Ok(whole)
}

/// Serves a spec and boots a PC to the menu of a view.
fn boot(bench: &mut Bench, specs: &Path, exhibit: &Exhibit, view: &View) -> Verdict {
    bench.only(Subject::Netspec)?;
    firmware::parts(view.hardware, bench.cache())?;
    let spec = beside_its_files(bench, specs, exhibit)?;
    if exhibit.has_router {
        bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    } else {
        bench.isolated_lan()?;
    }
    bench.server_links(exhibit.links);
    bench.serve(&spec, &[])?;
    bench.power_on(view.hardware, None)?.play(&[menu(view.labels)])?;
    Ok(())
}

/// The memory test of this machine.
fn memtest() -> std::result::Result<PathBuf, Stop> {
    let file = PathBuf::from("/boot/memtest86+x64.efi");
    if file.is_file() {
        return Ok(file);
    }
    Err(Stop::Skipped(format!("there is no {}; Debian's package memtest86+ has it", file.display())))
}

/// The text to serve. What it names is put where it names it, beside the file that the server will read.
fn beside_its_files(bench: &Bench, specs: &Path, exhibit: &Exhibit) -> std::result::Result<String, Stop> {
    let file = specs.join(exhibit.spec);
    let mut text = std::fs::read_to_string(&file).context(file.display())?;
    for (theirs, ours) in exhibit.replaced {
        if !text.contains(theirs) {
            return Err(Error::new(format!("{} has no `{theirs}`", file.display())).into());
        }
        text = text.replace(theirs, ours);
    }
    for (path, what) in exhibit.files {
        let target = match what {
            File::Arch => archiso::image(bench, Layout::Today)?.iso,
            File::Debian => debian_live::image(bench)?.iso,
            File::Shim => secure_boot::shim()?,
            File::Grub => secure_boot::grub(bench)?,
            File::Memtest => memtest()?,
        };
        let link = bench.evidence().file(path);
        let folder = link.parent().unwrap_or(&link);
        std::fs::create_dir_all(folder).context(folder.display())?;
        std::os::unix::fs::symlink(&target, &link).context(link.display())?;
    }
    Ok(text)
}
