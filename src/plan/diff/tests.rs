use serde_json::json;

use super::*;

fn plan(script: &[&str]) -> Value {
    json!({
        "format": 1,
        "networks": [{"name": "home", "subnet": "192.168.1.0/24", "dhcp": "proxy"}],
        "server": {"http-port": 80},
        "images": {"arch": {"sha256": "aa"}},
        "loaders": {"ipxe-x64.efi": {"sha256": "11"}},
        "tree": {
            "boot.ipxe": {"text": script},
            "ipxe/x64/ipxe.efi": {"loader": "ipxe-x64.efi"},
        },
        "boot": {"efi": {"x64": {"file": "ipxe/x64/ipxe.efi"}}},
    })
}

const SCRIPT: &[&str] = &[
    "#!ipxe\n",
    ":menu/main\n",
    "menu Home\n",
    "item iso/arch/0 Arch Linux\n",
    "item --gap\n",
    "item menu/more More\n",
    ":iso/arch/0\n",
    "kernel http://SERVER/iso/arch/vmlinuz initrd=initrd0 quiet splash || goto failed\n",
    "initrd --name initrd0 http://SERVER/iso/arch/initrd.img || goto failed\n",
];

/// What is told where one text is replaced by another in the plan.
fn told(from: &str, to: &str) -> Vec<String> {
    let old = plan(SCRIPT);
    let text = old.to_string();
    assert!(text.contains(from), "{from}");
    let new: Value = serde_json::from_str(&text.replace(from, to)).unwrap();
    let line = |change: Change| {
        let side = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_owned());
        let why = change.why.map(|why| format!(", because {why}")).unwrap_or_default();
        format!("{}: {}: {} -> {}{why}", change.about, change.what, side(change.old), side(change.new))
    };
    diff(&old, &new).into_iter().map(line).collect()
}

#[test]
fn the_same_plan_differs_in_nothing() {
    assert_eq!(diff(&plan(SCRIPT), &plan(SCRIPT)), []);
}

#[test]
fn what_a_client_notices_is_told_in_words() {
    assert_eq!(told("More", "Other"), ["menu `main`: line: More -> nothing", "menu `main`: line: nothing -> Other"]);
    assert_eq!(told("menu Home", "menu Lab"), ["menu `main`: title: Home -> Lab"]);
    assert_eq!(told("quiet splash", "quiet debug"), ["kernel of \"Arch Linux\": command line: splash -> debug"]);
    assert_eq!(
        told("quiet splash", "splash quiet"),
        ["kernel of \"Arch Linux\": order of the command line: quiet splash -> splash quiet"]
    );
    assert_eq!(told("vmlinuz", "linux"), ["kernel of \"Arch Linux\": file: /iso/arch/vmlinuz -> /iso/arch/linux"]);
    assert_eq!(
        told("initrd.img", "initrd.gz"),
        ["kernel of \"Arch Linux\": initial RAM disks: /iso/arch/initrd.img -> /iso/arch/initrd.gz"]
    );
    assert_eq!(told("192.168.1.0/24", "10.0.0.0/8"), ["network `home`: subnet: 192.168.1.0/24 -> 10.0.0.0/8"]);
    assert_eq!(told(":80", ":8080"), ["the server: http-port: 80 -> 8080"]);
    assert_eq!(
        told("ipxe/x64/ipxe.efi\"}}", "other.efi\"}}"),
        ["UEFI on x64 over PXE: program: ipxe/x64/ipxe.efi -> other.efi"]
    );
    assert_eq!(told("\"11\"", "\"22\""), ["loader file `ipxe-x64.efi`: sha256: 11 -> 22"]);
    // What is not understood is told all the same.
    assert_eq!(told("#!ipxe\\n", "#!ipxe\\necho\\n"), ["file `boot.ipxe`: text: nothing -> echo"]);
}

#[test]
fn what_follows_from_another_file_says_so() {
    let told = told("\"aa\"", "\"bb\"");
    assert_eq!(told, ["ISO `arch`: sha256: aa -> bb"]);
    let old = plan(SCRIPT);
    let mut new = plan(
        &SCRIPT.iter().map(|line| if line.starts_with("kernel") { "kernel x\n" } else { line }).collect::<Vec<_>>(),
    );
    new["images"]["arch"]["sha256"] = "bb".into();
    let why: Vec<_> = diff(&old, &new).into_iter().filter_map(|change| change.why).collect();
    assert_eq!(why, ["ISO `arch` is another file", "ISO `arch` is another file"]);
}

#[test]
fn only_plans_are_compared() {
    assert_eq!(read(&plan(SCRIPT).to_string()), Ok(plan(SCRIPT)));
    assert!(matches!(read("{"), Err(NoPlan::Json(_))));
    assert_eq!(read("{}"), Err(NoPlan::Format { found: "missing".into() }));
    assert_eq!(read("{\"format\": 9}"), Err(NoPlan::Format { found: "9".into() }));
}

#[test]
fn parts_that_are_not_known_are_compared_by_their_place() {
    let (mut old, mut new) = (plan(SCRIPT), plan(SCRIPT));
    old["machines"] = json!({"desk": {"menu": "main"}});
    new["machines"] = json!({"desk": {"menu": "lab"}});
    let told = diff(&old, &new);
    assert_eq!((told[0].about.as_str(), told[0].what.as_str()), ("machines", "desk menu"));
    // Values of any shape are no panic.
    for odd in [json!(null), json!([]), json!("x"), json!({"tree": 1, "boot": [], "networks": {}})] {
        let _ = diff(&odd, &new);
        let _ = diff(&new, &odd);
    }
}
