//! `netspec check` for programs: SARIF, GitHub Actions, several specs at once; and the summary for people.

use serde_json::Value;

use crate::support::{Folder, text, trees};

const NETWORK: &str = "network \"home\" { subnet \"192.168.1.0/24\" }\n";

/// A folder with a good spec, one with a warning and one with an error.
fn folder() -> Folder {
    let menu = "menu \"main\" { entry \"arch\" iso=\"arch\" }\nmenu \"lost\" { entry \"arch\" iso=\"arch\" }\n";
    let iso = "iso \"arch\" \"isos/arch.iso\"\n";
    let loaders = "loader \"pxelinux\" \"isos/lpxelinux.0\"\nloader \"ipxe-x64\" \"isos/ipxe.efi\"\n";
    let folder = Folder::with_spec(&format!("{NETWORK}{iso}")).iso("arch.iso", "ARCH_202611", &trees::archiso());
    for name in ["lpxelinux.0", "ldlinux.c32", "libcom32.c32", "libutil.c32", "menu.c32"] {
        std::fs::write(folder.path(&format!("isos/{name}")), name).unwrap();
    }
    std::fs::write(folder.path("isos/ipxe.efi"), trees::x64_program()).unwrap();
    std::fs::write(folder.path("warned.kdl"), format!("{NETWORK}{iso}{menu}{loaders}")).unwrap();
    std::fs::write(folder.path("wrong.kdl"), format!("{NETWORK}iso \"arch\" \"isos/arhc.iso\"\n")).unwrap();
    folder
}

/// Exit code and standard output of a check that looks at no interface of this machine.
fn check(args: &[&str]) -> (i32, String) {
    let output = folder().netspec(&[&["check", "--no-host"], args].concat());
    assert_eq!(text(&output.stderr), "");
    (output.status.code().unwrap(), text(&output.stdout))
}

#[test]
fn warnings_fail_only_where_they_are_denied() {
    let (code, printed) = check(&["warned.kdl"]);
    assert_eq!(code, 0, "{printed}");
    assert!(printed.contains("\nwarned.kdl: 1 warning; boots arch: "), "{printed}");
    assert!(printed.ends_with("\nmore: netspec explain-code unreachable-menu\n"), "{printed}");
    let (code, printed) = check(&["--deny-warnings", "warned.kdl"]);
    assert_eq!(code, 1);
    assert!(printed.contains("\nwarned.kdl: 1 warning, and warnings are denied; boots "), "{printed}");
    assert_eq!(check(&["--deny-warnings", "spec.kdl"]).0, 0);
    assert_eq!(check(&["--deny-warnings", "--format", "short", "warned.kdl"]).0, 1);
}

/// One log, whatever the number of specs; what the schema requires of it is there.
#[test]
fn sarif_is_one_valid_log() {
    let (code, printed) = check(&["--format", "sarif", "spec.kdl", "warned.kdl", "wrong.kdl"]);
    assert_eq!(code, 1);
    let log: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "netspec");
    let results = run["results"].as_array().unwrap();
    let seen: Vec<_> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let (file, line) = (&place["artifactLocation"]["uri"], &place["region"]["startLine"]);
            assert!(result["message"]["text"].is_string());
            format!("{} {} {} {}", result["level"], result["ruleId"], file, line).replace('"', "")
        })
        .collect();
    assert_eq!(
        seen,
        ["warning netspec::unreachable-menu warned.kdl 4", "error netspec::iso-not-found wrong.kdl 2"],
        "{printed}"
    );
    let (code, clean) = check(&["--format", "sarif", "spec.kdl"]);
    assert_eq!(code, 0);
    let log: Value = serde_json::from_str(&clean).unwrap();
    assert_eq!(
        log["runs"][0]["results"],
        serde_json::json!([]),
        "no findings are an empty list, which clears old ones"
    );
}

#[test]
fn github_gets_annotations() {
    let (code, printed) = check(&["--format", "github", "warned.kdl", "wrong.kdl"]);
    assert_eq!(code, 1);
    let lines: Vec<_> = printed.lines().collect();
    assert_eq!(lines.len(), 2, "{printed}");
    let begin = "::warning file=warned.kdl,line=4,col=6,endLine=4,endColumn=12,title=netspec%3A%3Aunreachable-menu::";
    assert!(lines[0].starts_with(begin), "{printed}");
    assert!(lines[1].starts_with("::error file=wrong.kdl,line=2,col=12,"), "{printed}");
    assert!(lines[1].ends_with("%0Ahelp: did you mean `arch.iso`?"), "{printed}");
}

/// A stream of values, which `jq` and most libraries read as it is; one spec is one document.
#[test]
fn json_is_one_object_behind_the_other() {
    let (_, printed) = check(&["--format", "json", "spec.kdl", "warned.kdl"]);
    let reports: Vec<Value> =
        serde_json::Deserializer::from_str(&printed).into_iter().collect::<Result<_, _>>().unwrap();
    let seen: Vec<_> = reports.iter().map(|report| (report["file"].clone(), report["warnings"].clone())).collect();
    assert_eq!(seen, [("spec.kdl".into(), 0.into()), ("warned.kdl".into(), 1.into())]);
    assert!(printed.ends_with("}\n"));
}
