//! What an archiso is to check its root image with is in it.

use super::{Family, Line};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::resolve::ResolvedSpec;

/// The hook asks for the file and, where there is none, ends in "Falling back to interactive prompt" (`distros.md` 1.9, steps
/// 10 to 12). A word without a value counts as `y`.
pub(super) fn check(line: &Line<'_>, _: &ResolvedSpec, out: &mut Diagnostics) {
    let (Some(Family::Archiso), Some(archiso), Some(image)) = (line.family, line.archiso, line.image) else { return };
    for word in &line.line.words {
        let (key, value) = word.value.split_once('=').unwrap_or((&word.value, "y"));
        if value != "y" {
            continue;
        }
        let missing = archiso.root_images.iter().find_map(|root| {
            let (folder, _) = root.rsplit_once('/')?;
            let wanted = match key {
                // The hooks before 2022 do not know the word, and do not mind it.
                "cms_verify" if !line.is_old_archiso() => vec![format!("{root}.cms.sig")],
                "verify" if !line.is_old_archiso() => vec![format!("{root}.sig")],
                "checksum" => vec![format!("{folder}/airootfs.sha512"), format!("{folder}/airootfs.md5")],
                _ => return None,
            };
            let is_there = wanted.iter().any(|path| image.files.contains_key(path));
            wanted.into_iter().next().filter(|_| !is_there)
        });
        let Some(missing) = missing else { continue };
        let help = match (archiso.verification.argument(), &line.line.kernel) {
            (_, None) => "remove it: netspec writes what this ISO has the files for".to_owned(),
            (Some(other), _) => format!("write `{other}`, for which this ISO has the files"),
            (None, _) => "remove it: this ISO has nothing to check its root image with".to_owned(),
        };
        let message = format!("`{key}` makes the PC ask for `/{missing}`, which ISO `{}` does not have", line.line.iso);
        out.push(Diagnostic::new(Code::VerificationMissing, message).at(word.span, "ends the boot").help(help));
    }
}
