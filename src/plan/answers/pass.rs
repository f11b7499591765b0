//! How a system is told where its answers are: words of the kernel command line.

use super::super::template::{MACHINE, ORIGIN};
use super::{first_file, folder};
use crate::image::recipe::Recipe;
use crate::resolve::ResolvedSpec;
use crate::spec::answers::Format;

/// What stands for the URL in the words of a command line.
pub(in crate::plan) const MARK: &str = "{answers}";

/// The answers of one entry, ready for its command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct Passed {
    /// What `{answers}` stands for.
    pub url: String,
    /// What is added where no word has `{answers}`; nothing where it is not known what the system understands.
    pub words: Vec<String>,
}

/// The answers of an entry that boots an ISO by its recipe, or a kernel by hand.
pub(in crate::plan) fn passed(
    answers: &str,
    iso: Option<&str>,
    recipe: Option<&Recipe>,
    by_hand: bool,
    spec: &ResolvedSpec,
) -> Option<Passed> {
    let format = spec.answers.iter().find(|source| source.name == answers)?.format;
    let folder = format!("{ORIGIN}/{}", folder(answers, iso, &MACHINE.to_string()));
    let url = format!("{folder}{}", first_file(format));
    Some(Passed { words: usual(format, &folder, &url, recipe, by_hand), url })
}

/// The words that a system is known to understand.
///
/// A kernel by hand that is given a preseed file is debian-installer's, and one with a kickstart file is Anaconda's: nothing
/// else reads these. cloud-init is in many systems. archinstall is in Arch ISOs alone, which have cloud-init, too.
fn usual(format: Format, folder: &str, url: &str, recipe: Option<&Recipe>, by_hand: bool) -> Vec<String> {
    let is_archiso = matches!(recipe, Some(Recipe::Archiso(_)));
    let words: &[&str] = match format {
        // Without `auto` the installer asks for language and keyboard before it has a network to fetch the file over.
        Format::Preseed if by_hand => &["auto=true", "priority=critical", "url={answers}"],
        Format::Kickstart if by_hand => &["inst.ks={answers}"],
        // cloud-init before 24.1 takes URLs only behind `nocloud-net`; later ones take both, and say that the name is old.
        // `autoinstall` lets Ubuntu's installer go on without asking; nobody else knows the word.
        Format::CloudInit if by_hand => &["autoinstall", "ds=nocloud-net;s={answers}"],
        Format::CloudInit if is_archiso => &["ds=nocloud-net;s={answers}"],
        Format::Archinstall if is_archiso => return vec![format!("script={folder}install.sh")],
        _ => &[],
    };
    words.iter().map(|word| word.replace(MARK, url)).collect()
}

impl Passed {
    /// The words of a command line with the URL in them, and the usual words where none has it.
    pub(in crate::plan) fn fill(&self, words: Vec<String>) -> Vec<String> {
        let names_it = words.iter().any(|word| word.contains(MARK));
        let filled = words.into_iter().map(|word| word.replace(MARK, &self.url));
        filled.chain(self.words.iter().filter(|_| !names_it).cloned()).collect()
    }
}

/// The words of a command line of an entry without answers: what would say where they are is left out.
pub(in crate::plan) fn without(words: Vec<String>) -> Vec<String> {
    words.into_iter().filter(|word| !word.contains(MARK)).collect()
}
