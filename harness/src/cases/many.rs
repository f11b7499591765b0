//! Several ISOs behind one menu of netspec's own.

use super::specs;
use super::{archiso, debian_live};
use crate::bench::Bench;
use crate::case::{Case, Verdict};
use crate::lab::RouterKind;
use crate::lab::router::Siaddr;
use crate::media::Layout;
use crate::qemu::Hardware;
use crate::script::{Step, choose, menu};
use crate::subject::Subject;
use crate::subject::seed::DEBIAN_LIVE_ENTRY as TITLE;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "menu_of_two_isos_chains_to_the_first",
        proves: "an entry of netspec's own menu leads to the menu that this medium brings, and on to its system",
        run: |bench| chains_to(bench, Layout::Today),
    },
    Case {
        name: "menu_of_two_isos_chains_to_the_second",
        proves: "the other entry of the same menu leads to the other medium, whose layout differs",
        run: |bench| chains_to(bench, Layout::Y2014),
    },
    Case {
        name: "menu_of_two_isos_leads_back",
        proves: "the menu that netspec makes for Debian Live is reached from netspec's own menu, and leads back to it",
        run: leads_back,
    },
];

/// What the menus of netspec and of the Debian medium show.
const DEBIAN: &str = "Boot debian";
const BACK: &str = "Back";

const TODAY: &str = "arch-today";
const YEAR_2014: &str = "arch-2014";

fn chains_to(bench: &mut Bench, layout: Layout) -> Verdict {
    bench.only(Subject::Netspec)?;
    let (today, then) = (archiso::image(bench, Layout::Today)?, archiso::image(bench, Layout::Y2014)?);
    let spec = specs::menu(&[(TODAY, &today.iso), (YEAR_2014, &then.iso)]);
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&spec, &[today, then])?;
    let wanted = if layout == Layout::Today { TODAY } else { YEAR_2014 };
    let steps: Vec<Step> =
        [menu(&[TODAY, YEAR_2014]), choose(wanted)].into_iter().chain(archiso::steps_to_login(layout)).collect();
    bench.power_on(Hardware::default(), None)?.play(&steps)?;
    Ok(archiso::runs_from_the_server(bench)?)
}

fn leads_back(bench: &mut Bench) -> Verdict {
    bench.only(Subject::Netspec)?;
    let today = archiso::image(bench, Layout::Today)?;
    let debian = debian_live::image(bench)?;
    let spec = specs::menu(&[("debian", &debian.iso), (TODAY, &today.iso)]);
    bench.lan(RouterKind::BuiltIn(Siaddr::Zero))?;
    bench.serve(&spec, &[debian, today])?;
    let own = menu(&[DEBIAN, TODAY]);
    let steps = [own.clone(), choose(DEBIAN), menu(&[TITLE, BACK]), choose(BACK), own];
    bench.power_on(Hardware::default(), None)?.play(&steps)?;
    Ok(())
}
