//! `docs/conformance.md`: each requirement, its tests, and the reason where it has none.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

use super::requirements::{Id, Reason, Requirement, Section, read};
use super::scan::{Test, tests};

const HEAD: &str = "\
# Conformance

What boot clients ask of a server that they load from: by the standards (PXE 2.1, RFC 2131, RFC 1350 and others) and by what
firmware in the field does. Each requirement has an ID, which stands in the name or in the comment of the tests that check it.
The requirements are in [requirements.txt](../tests/it/rfc/requirements.txt); this page is made of them and of the tests by
`NETSPEC_BLESS=1 cargo test --test it rfc`, and `cargo test` fails where it is not what that would write, where a requirement
of sections 1 to 5 has neither a test nor a reason, and where a test names a requirement that there is not. Tests below
[harness](../harness) boot PCs in QEMU (`make test`); all others run with `cargo test`.

*Tested*: by the tests named. *In part*: they leave something out, which is said. *Documented*: it asks for a text, and the
text is there. *Decided against*, *later* and *not yet*: as said.

";

/// What became of a requirement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Tested,
    InPart,
    Documented,
    Against,
    Later,
    NotYet,
    /// A scenario that nothing shows.
    Open,
    /// A requirement that needs a test or a reason.
    Missing,
}

impl State {
    const ALL: [Self; 8] = [
        Self::Tested,
        Self::InPart,
        Self::Documented,
        Self::Against,
        Self::Later,
        Self::NotYet,
        Self::Open,
        Self::Missing,
    ];

    fn of(requirement: &Requirement, tests: &[&Test], binding: bool) -> Self {
        match (&requirement.reason, tests.is_empty()) {
            (Some(Reason::Against(_)), _) => Self::Against,
            (Some(Reason::Documented { .. }), _) => Self::Documented,
            (Some(Reason::NotYet(_)), false) => Self::InPart,
            (None | Some(Reason::Later(_)), false) => Self::Tested,
            (Some(Reason::Later(_)), true) => Self::Later,
            (Some(Reason::NotYet(_)), true) => Self::NotYet,
            (None, true) if binding => Self::Missing,
            (None, true) => Self::Open,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::InPart => "in part",
            Self::Documented => "documented",
            Self::Against => "decided against",
            Self::Later => "later",
            Self::NotYet => "not yet",
            Self::Open => "no test",
            Self::Missing => "MISSING",
        }
    }
}

struct Table {
    sections: Vec<Section>,
    tests: Vec<Test>,
}

impl Table {
    fn of(root: &Path) -> Self {
        let requirements = fs::read_to_string(root.join("tests/it/rfc/requirements.txt")).unwrap();
        Self { sections: read(&requirements), tests: tests(root) }
    }

    fn requirements(&self) -> impl Iterator<Item = (&Requirement, State)> {
        self.sections.iter().flat_map(|section| {
            let state = |it: &Requirement| State::of(it, &self.tests_of(&it.id), section.is_binding());
            section.requirements.iter().map(move |it| (it, state(it)))
        })
    }

    fn tests_of(&self, id: &Id) -> Vec<&Test> {
        self.tests.iter().filter(|test| test.ids.contains(id)).collect()
    }

    fn page(&self) -> String {
        let mut page = HEAD.to_owned();
        let counted = |state, binding: bool| {
            let sections = self.sections.iter().filter(|section| section.is_binding() == binding);
            let all = sections.flat_map(|section| &section.requirements);
            all.filter(|it| State::of(it, &self.tests_of(&it.id), binding) == state).count()
        };
        page.push_str("| state | sections 1 to 5 | sections 6 to 8 |\n|---|---|---|\n");
        for state in State::ALL {
            let (binding, others) = (counted(state, true), counted(state, false));
            if binding + others > 0 {
                writeln!(page, "| {} | {binding} | {others} |", state.word()).unwrap();
            }
        }
        for section in &self.sections {
            write!(page, "\n## {}\n\n", section.title).unwrap();
            page.push_str("| ID | level | netspec | tests, or why there are none | state |\n|---|---|---|---|---|\n");
            for it in &section.requirements {
                let tests = self.tests_of(&it.id);
                let state = State::of(it, &tests, section.is_binding()).word();
                let proof = proof(it, &tests);
                writeln!(page, "| {} | {} | {} | {proof} | {state} |", it.id, it.level, it.asks).unwrap();
            }
        }
        page
    }
}

/// The cell of the table that names tests and reasons.
fn proof(requirement: &Requirement, tests: &[&Test]) -> String {
    let mut lines: Vec<String> =
        tests.iter().map(|test| format!("[{}::{}](../{})", short(&test.file), test.name, test.file)).collect();
    lines.extend(match &requirement.reason {
        Some(Reason::Against(why) | Reason::Later(why) | Reason::NotYet(why)) => Some(why.clone()),
        Some(Reason::Documented { file, .. }) => Some(format!("[{file}](../{file})")),
        None => None,
    });
    lines.join("<br>")
}

/// `proto/dhcp/answer` of `src/proto/dhcp/answer/tests.rs`, `it/wire_tftp` of `tests/it/wire_tftp.rs`.
fn short(file: &str) -> &str {
    let file = file.strip_prefix("src/").or(file.strip_prefix("tests/")).unwrap_or(file);
    let file = file.strip_suffix(".rs").unwrap_or(file);
    file.strip_suffix("/tests").unwrap_or(file)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn each_requirement_has_a_test_or_a_reason() {
    let table = Table::of(root());
    let missing = table.requirements().filter(|(_, state)| *state == State::Missing);
    let missing: Vec<String> = missing.map(|(it, _)| format!("{} {} {}", it.id, it.level, it.asks)).collect();
    assert!(missing.is_empty(), "write a test, or a reason into tests/it/rfc/requirements.txt, for {missing:#?}");
}

#[test]
fn each_test_names_requirements_that_there_are() {
    let table = Table::of(root());
    let known: BTreeSet<&Id> = table.requirements().map(|(it, _)| &it.id).collect();
    let strange = table.tests.iter().flat_map(|test| test.ids.iter().map(move |id| (id, test)));
    let strange: Vec<String> = strange
        .filter(|(id, _)| !known.contains(id))
        .map(|(id, test)| format!("{}::{} names {id}", test.file, test.name))
        .collect();
    assert!(strange.is_empty(), "{strange:#?}");
    let mut count: BTreeMap<&Id, u32> = BTreeMap::new();
    table.requirements().for_each(|(it, _)| *count.entry(&it.id).or_default() += 1);
    assert!(count.values().all(|count| *count == 1), "an ID stands twice: {count:?}");
}

#[test]
fn what_is_documented_stands_in_the_documents() {
    for (it, _) in Table::of(root()).requirements() {
        if let Some(Reason::Documented { file, words }) = &it.reason {
            let document = fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
            assert!(document.contains(words), "{}: {file} does not say `{words}`", it.id);
        }
    }
}

#[test]
fn the_page_is_what_the_tests_make_it() {
    let page = Table::of(root()).page();
    let path = root().join("docs/conformance.md");
    let written = fs::read_to_string(&path).unwrap_or_default();
    if std::env::var_os("NETSPEC_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, page).unwrap();
        return;
    }
    let differs = page.lines().zip(written.lines()).find(|(new, old)| new != old);
    assert!(
        page == written,
        "NETSPEC_BLESS=1 cargo test --test it rfc writes docs/conformance.md anew; first difference: {differs:#?}"
    );
}
