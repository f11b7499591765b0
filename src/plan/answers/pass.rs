//! How a system is told where its answers are: words of the kernel command line.

use super::super::template::{MACHINE, ORIGIN, Template};
use super::super::{Node, Plan};
use super::{first_file, folder};
use crate::image::recipe::Recipe;
use crate::resolve::AnswersTarget;
use crate::spec::answers::Format;

/// What stands for the URL in the words of a command line.
pub(in crate::plan) const MARK: &str = "{answers}";
/// The same for the script that starts archinstall. No spec can write it: this is no name of a variable.
const SCRIPT: &str = "{answers/install.sh}";

/// The words that a system is known to understand, with [`MARK`] for the URL; none where that is not known.
///
/// A kernel by hand that is given a preseed file is debian-installer's, and one with a kickstart file is Anaconda's: nothing
/// else reads these. cloud-init is in many systems. archinstall is in Arch ISOs alone, which have cloud-init, too.
pub(super) fn usual(format: Format, recipe: Option<&Recipe>, by_hand: bool) -> &'static [&'static str] {
    let is_archiso = matches!(recipe, Some(Recipe::Archiso(_)));
    match format {
        // Without `auto` the installer asks for language and keyboard before it has a network to fetch the file over.
        Format::Preseed if by_hand => &["auto=true", "priority=critical", "url={answers}"],
        Format::Kickstart if by_hand => &["inst.ks={answers}"],
        // cloud-init before 24.1 takes URLs only behind `nocloud-net`; later ones take both, and say that the name is old.
        // `autoinstall` lets Ubuntu's installer go on without asking; nobody else knows the word.
        Format::CloudInit if is_archiso => &["ds=nocloud-net;s={answers}"],
        Format::CloudInit if by_hand => &["autoinstall", "ds=nocloud-net;s={answers}"],
        Format::Archinstall if is_archiso => &["script={answers/install.sh}"],
        _ => &[],
    }
}

/// The words of a command line with the URL in them. Where there are no answers, words that would name them are left out.
pub(in crate::plan) fn filled(
    words: impl Iterator<Item = String>,
    answers: Option<&AnswersTarget>,
    iso: Option<&str>,
) -> Vec<String> {
    let Some(AnswersTarget { name, format }) = answers else {
        return words.filter(|word| !word.contains(MARK)).collect();
    };
    let folder = format!("{ORIGIN}/{}", folder(name, iso, &MACHINE.to_string()));
    let (url, script) = (format!("{folder}{}", first_file(*format)), format!("{folder}install.sh"));
    words.map(|word| word.replace(MARK, &url).replace(SCRIPT, &script)).collect()
}

/// Lets PXELINUX go from menu to menu with the path that says who it is: it has no variables to put into a URL, so that the
/// server does, in the text of the file that it asks for ([`with_identity`]).
///
/// Menus that an ISO brings lead to no others of ours.
pub(in crate::plan) fn carry_identity(plan: &mut Plan) {
    if plan.answers.is_empty() {
        return;
    }
    const CONFIG: &str = "CONFIG ::/";
    let ours: std::collections::BTreeSet<String> =
        plan.tree.keys().filter(|path| path.starts_with("pxelinux/")).cloned().collect();
    for (path, node) in &mut plan.tree {
        let Node::Text(template) = node else { continue };
        if !path.starts_with("pxelinux/") && !path.ends_with("/pxelinux.cfg") {
            continue;
        }
        let line = |line: &str| match line.strip_prefix(CONFIG).map(str::trim_end) {
            Some(file) if ours.contains(file) => format!("{CONFIG}{file}/{MACHINE}/menu.cfg\n"),
            _ => line.to_owned(),
        };
        let text: String = template.marked().split_inclusive('\n').map(line).collect();
        *template = Template::new(text);
    }
}

/// Takes apart the path of a file of ours that is asked for with a word about who asks: the file, and the beginning of the
/// path that is about the machine.
pub(crate) fn with_identity(path: &str) -> Option<(&str, &str)> {
    let (file, machine) = path.split_once("/machine/")?;
    let start = file.len() + 1;
    let end = start + "machine/".len() + machine.rfind('/')?;
    Some((file, path.get(start..end)?))
}
