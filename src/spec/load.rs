//! A spec file and what it includes to one [`Spec`].

use std::path::PathBuf;

use kdl::KdlDocument;

use super::include::Reader;
use super::variables::{self, Variable};
use super::{Spec, decode};
use crate::diag::Diagnostics;
use crate::source::{SourceFile, Sources, Span, Spanned};
use crate::world::World;

/// What came of the text of a spec.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Its files, which all spans are in.
    pub sources: Sources,
    /// The spec as written, with the nodes of a file where it is included, and with the values of variables.
    pub spec: Spec,
    /// Its variables, in the order of writing.
    pub variables: Vec<Variable>,
    /// The files that could be included: the path as written, and what it is from the current folder on.
    pub includes: Vec<(Spanned<String>, PathBuf)>,
    /// What is wrong, in the order of the text.
    pub findings: Diagnostics,
}

/// Reads a spec: [`parse()`](super::parse()) for each of its files, [`decode()`] for their nodes together.
///
/// `world` is asked only for the files that `main` includes.
pub fn load(main: &SourceFile, world: &dyn World) -> Loaded {
    let (read, mut nodes) = Reader::read(main, world);
    let Reader { sources, damaged, incomplete, includes, mut findings, .. } = read;
    let mut later = Diagnostics::default();
    let mut variables = variables::take(&mut nodes, &mut later);
    let mut document = KdlDocument::new();
    *document.nodes_mut() = nodes;
    variables::fill(&mut document, &mut variables, &sources, incomplete, &mut later);
    let (mut spec, decoded) = decode(&document);
    later.extend(decoded);
    let is_damaged = |place: Span| damaged.iter().any(|span| span.start <= place.start && place.start < span.end);
    later.retain(|diagnostic| !diagnostic.labels.first().is_some_and(|label| is_damaged(label.span)));
    spec.incomplete |= incomplete;
    findings.extend(later);
    findings.sort();
    Loaded { sources, spec, variables, includes, findings }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::diag::Code;
    use crate::diag::render::{Style, full, short};
    use crate::world::MemWorld;

    fn read(files: &[(&str, &str)]) -> Loaded {
        let world = files.iter().fold(MemWorld::default(), |world, (path, text)| world.with(*path, *text));
        let (path, text) = files[0];
        load(&SourceFile { path: path.into(), text: Arc::from(text) }, &world)
    }

    #[test]
    fn nodes_stand_where_their_file_is_included() {
        let loaded = read(&[
            ("specs/main.kdl", "menu \"a\" { }\ninclude \"../b/b.kdl\"\nmenu \"z\" { }\n"),
            ("specs/../b/b.kdl", "menu \"b\" { }\ninclude \"c.kdl\"\n"),
            ("specs/../b/c.kdl", "menu \"c\" { }\n"),
        ]);
        let menus: Vec<_> = loaded.spec.menus.iter().map(|menu| menu.name.value.as_str()).collect();
        assert_eq!(menus, ["a", "b", "c", "z"]);
        assert!(loaded.findings.is_empty(), "{}", short(&loaded.sources, &loaded.findings));
        assert_eq!(loaded.includes.len(), 2);
    }

    #[test]
    fn paths_start_at_the_folder_of_the_file_that_they_stand_in() {
        let loaded = read(&[
            ("specs/main.kdl", "include \"lab/isos.kdl\"\niso \"a\" \"a.iso\""),
            ("specs/lab/isos.kdl", "iso \"b\" \"b.iso\""),
        ]);
        let paths = loaded.spec.isos.iter().map(|iso| loaded.sources.beside(iso.path.as_ref().unwrap()));
        assert_eq!(paths.collect::<Vec<_>>(), [Path::new("specs/lab/b.iso"), Path::new("specs/a.iso")]);
    }

    #[test]
    fn a_finding_in_an_included_file_shows_that_file() {
        let loaded = read(&[
            ("main.kdl", "iso \"a\" \"a.iso\"\ninclude \"more.kdl\"\n"),
            ("more.kdl", "// é\niso \"b\" nme=\"b\"\nsubnet \"x\" y=\n"),
        ]);
        assert_eq!(
            short(&loaded.sources, &loaded.findings),
            "more.kdl:2:9: error[netspec::unknown-property]: `iso` has no property `nme`\n\
             more.kdl:3:12: error[netspec::missing-value]: property `y` has no value\n"
        );
        let drawn = full(&loaded.sources, &loaded.findings, Style { width: 80, unicode: true, color: false });
        assert!(drawn.contains("[more.kdl:2:9]") && drawn.contains("2 │ iso \"b\" nme"), "{drawn}");
    }

    /// The label in the other file is told in words, as its lines are not shown.
    #[test]
    fn a_label_in_another_file_is_a_place_in_the_help() {
        let loaded = read(&[("main.kdl", "server { }\ninclude \"more.kdl\"\n"), ("more.kdl", "server { }\n")]);
        let drawn = full(&loaded.sources, &loaded.findings, Style { width: 80, unicode: true, color: false });
        assert!(drawn.contains("[more.kdl:1:1]") && drawn.contains("first one here: main.kdl:1:1"), "{drawn}");
    }

    #[test]
    fn the_main_file_cannot_be_included() {
        let loaded = read(&[("main.kdl", "include \"main.kdl\"\n")]);
        let codes: Vec<_> = loaded.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::IncludeCycle]);
    }

    /// Each file includes the next one, as far as the limit lets it.
    #[test]
    fn files_in_files_have_an_end() {
        let files: Vec<_> = (0..40).map(|n| (format!("{n}.kdl"), format!("include \"{}.kdl\"", n + 1))).collect();
        let files: Vec<_> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
        let codes: Vec<_> = read(&files).findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::SpecTooLarge]);
    }

    #[test]
    fn variables_are_known_in_every_file() {
        let loaded = read(&[
            ("main.kdl", "let \"data\" \"/srv\"\nlet \"isos\" \"{data}/isos\"\ninclude \"more.kdl\"\n"),
            ("more.kdl", "iso \"a\" \"{isos}/a.iso\" { arguments \"x={{y} z={iso} $'{a,b}' ${net0/ip}\" }\n"),
        ]);
        assert!(loaded.findings.is_empty(), "{}", short(&loaded.sources, &loaded.findings));
        let iso = &loaded.spec.isos[0];
        assert_eq!(iso.path.as_ref().unwrap().value, "/srv/isos/a.iso");
        assert_eq!(iso.arguments[0].value, "x={y} z={iso} $'{a,b}' ${net0/ip}");
        assert_eq!(loaded.variables.iter().map(|variable| variable.uses.len()).collect::<Vec<_>>(), [1, 1]);
    }

    /// Each variable is the one before it, twice.
    #[test]
    fn variables_in_variables_do_not_grow_without_end() {
        let mut text = String::from("let \"a0\" \"0123456789\"\n");
        for n in 1..60 {
            text.push_str(&format!("let \"a{n}\" \"{{a{0}}}{{a{0}}}\"\n", n - 1));
        }
        let codes: Vec<_> = read(&[("main.kdl", &text)]).findings.iter().map(|finding| finding.code).collect();
        assert!(codes.contains(&Code::InvalidValue) && codes.len() < 130, "{codes:?}");
    }
}
