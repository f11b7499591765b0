//! `nix/` and `flake.nix`: they parse, are evaluated against stubs of what they use of nixpkgs (`tests/nix/stubs.nix`), and what
//! they build is built, in a store of the test's own, without a daemon and without the network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use kdl::{KdlDocument, KdlValue};
use serde_json::{Value, json};

use crate::support::{Folder, text};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A store of its own.
struct Nix(Folder);

impl Nix {
    /// `None`, and the reason, on a machine without Nix.
    #[expect(clippy::print_stdout, reason = "no test is left out without saying why")]
    fn here() -> Option<Self> {
        if Command::new("nix-instantiate").arg("--version").output().is_err() {
            println!("skipped: there is no nix-instantiate; `make setup` installs it");
            return None;
        }
        let folder = Folder::with_spec("");
        for name in ["store", "state", "log", "etc", "home", "tmp"] {
            fs::create_dir(folder.path(name)).unwrap();
        }
        Some(Self(folder))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(root()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        for (variable, name) in [
            ("NIX_STORE_DIR", "store"),
            ("NIX_STATE_DIR", "state"),
            ("NIX_LOG_DIR", "log"),
            ("NIX_CONF_DIR", "etc"),
            ("HOME", "home"),
            ("TMPDIR", "tmp"),
        ] {
            command.env(variable, self.0.path(name));
        }
        command.env("NIX_REMOTE", "local").output().unwrap()
    }

    /// The value of an expression, or what Nix has against it. `stubs` is in scope.
    fn eval(&self, expression: &str) -> Result<Value, String> {
        let expression = scoped(expression);
        let output =
            self.run("nix-instantiate", &["--eval", "--strict", "--json", "--read-write-mode", "-E", &expression]);
        match output.status.success() {
            true => Ok(serde_json::from_slice(&output.stdout).unwrap()),
            false => Err(text(&output.stderr)),
        }
    }

    /// What a derivation builds, or why it does not.
    fn build(&self, expression: &str) -> Result<PathBuf, String> {
        let expression = scoped(expression);
        let options =
            ["--option", "sandbox", "false", "--option", "substitute", "false", "--option", "build-users-group", ""];
        let output = self.run("nix-build", &[&["--no-out-link", "-E", &expression][..], &options].concat());
        match output.status.success() {
            true => Ok(PathBuf::from(text(&output.stdout).trim())),
            false => Err(text(&output.stderr)),
        }
    }

    /// The text that `toKDL` makes of an expression.
    fn kdl(&self, expression: &str) -> Result<String, String> {
        let kdl = self.eval(&format!("(import ./nix/lib.nix).toKDL ({expression})"))?;
        Ok(kdl.as_str().unwrap().to_owned())
    }

    /// Whether `netspec` has nothing against the language and the form of a spec.
    fn is_good(&self, spec: &str) {
        fs::write(self.0.path("spec.kdl"), spec).unwrap();
        self.0.netspec_ok(&["check", "--no-host", "--no-files", "spec.kdl"]);
        self.0.netspec_ok(&["fmt", "--check", "spec.kdl"]);
    }
}

fn scoped(expression: &str) -> String {
    let netspec = env!("CARGO_BIN_EXE_netspec");
    format!("let stubs = import ./tests/nix/stubs.nix {{ netspec = {netspec:?}; }}; in {expression}")
}

#[test]
fn every_expression_parses() {
    let Some(nix) = Nix::here() else { return };
    let folders = [root().to_owned(), root().join("nix"), root().join("tests/nix")];
    let entries = folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    let files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "nix")).collect();
    assert!(files.len() >= 7, "{files:?}");
    for file in files {
        let output = nix.run("nix-instantiate", &["--parse", file.to_str().unwrap()]);
        assert!(output.status.success(), "{}", text(&output.stderr));
    }
    let install = fs::read_to_string(root().join("docs/install.md")).unwrap();
    let blocks: Vec<_> = install.split("```nix\n").skip(1).filter_map(|rest| rest.split_once("```")).collect();
    assert!(blocks.len() >= 2, "{}", blocks.len());
    for (block, _) in blocks {
        let output = nix.run("nix-instantiate", &["--parse", "-E", block]);
        assert!(output.status.success(), "{block}\n{}", text(&output.stderr));
    }
}

#[test]
fn values_become_a_spec_in_form() {
    let Some(nix) = Nix::here() else { return };
    let spec = nix.kdl("import ./tests/nix/spec.nix").unwrap();
    insta::assert_snapshot!(spec);
    nix.is_good(&spec);
    // A list of sets keeps its order, at the top too.
    assert_eq!(nix.kdl("[ { b = 1; } { a = [ 2 3 ]; } ]").unwrap(), "b 1\na 2\na 3\n");
    assert_eq!(nix.kdl("{ }").unwrap(), "");
    // A derivation is the path of what it builds.
    let program = nix.kdl("{ a = stubs.program; }").unwrap();
    assert!(program.starts_with("a \"/") && program.ends_with("-netspec\"\n"), "{program}");
}

/// The example at the head of the library is one.
#[test]
fn the_example_of_the_library_is_a_spec() {
    let Some(nix) = Nix::here() else { return };
    let library = fs::read_to_string(root().join("nix/lib.nix")).unwrap();
    let comment: String =
        library.lines().map_while(|line| line.strip_prefix('#')).map(|line| format!("{line}\n")).collect();
    let (_, example) = comment.split_once("toKDL {").unwrap();
    let (example, _) = example.split_once("\n   }\n").unwrap();
    let spec = nix.kdl(&format!("{{{example}}}")).unwrap();
    nix.is_good(&spec);
    assert!(spec.contains("entry \"disk\" boot=\"local-disk\" default=#true\n    separator\n"), "{spec}");
}

#[test]
fn any_text_comes_back_as_it_was() {
    let Some(nix) = Nix::here() else { return };
    let mut texts: Vec<String> = [
        "",
        " ",
        "\"",
        "\\",
        "\\\"",
        "\\u{41}",
        "{isos}",
        "{{",
        "${x}",
        "''",
        "#true",
        "a\nb\r\nc\td",
        "\"\"\"",
        "// no comment",
        "/- gone",
        "é ü ß",
        "日本",
        "🥾",
        "true",
        "-1",
        "\u{fffe}",
        "\u{10ffff}",
    ]
    .map(str::to_owned)
    .into();
    let special = (1..0x100).chain(0x2000..0x2070).chain([0xfeff, 0xfffd]).filter_map(char::from_u32);
    texts.extend(special.map(|c| format!("a{c}b")));
    let file = nix.0.path("texts.json");
    fs::write(&file, serde_json::to_string(&texts).unwrap()).unwrap();
    let read = format!("builtins.fromJSON (builtins.readFile {})", file.display());
    let spec = nix.kdl(&format!("{{ n = map (t: {{ _args = [ t ]; _props.p = t; }}) ({read}); }}")).unwrap();
    let document = KdlDocument::parse_v2(&spec).unwrap_or_else(|error| panic!("{error:?}"));
    assert_eq!(document.nodes().len(), texts.len());
    for (node, text) in document.nodes().iter().zip(&texts) {
        assert_eq!(node.get(0), Some(&KdlValue::String(text.clone())));
        assert_eq!(node.get("p"), Some(&KdlValue::String(text.clone())));
    }

    // As names of nodes and properties, too.
    let read = format!("map (t: {{ name = \"x${{t}}\"; value = 1; }}) ({read})");
    let spec = nix.kdl(&format!("let s = builtins.listToAttrs ({read}); in {{ n._props = s; }} // s")).unwrap();
    let document = KdlDocument::parse_v2(&spec).unwrap_or_else(|error| panic!("{error:?}"));
    for text in &texts {
        let name = format!("x{text}");
        let node = document.nodes().iter().find(|node| node.name().value() == name);
        assert_eq!(node.and_then(|node| node.get(0)), Some(&KdlValue::Integer(1)), "{name:?}");
        assert_eq!(document.get("n").unwrap().get(name.as_str()), Some(&KdlValue::Integer(1)), "{name:?}");
    }
}

#[test]
fn what_is_no_spec_is_refused_with_its_place() {
    let Some(nix) = Nix::here() else { return };
    for (expression, why) in [
        ("{ menu.entry = x: x; }", "toKDL: menu.entry is a lambda, and a node is made of"),
        ("{ menu._args = [ { } ]; }", "toKDL: an argument of menu is a set, and a value in KDL is"),
        ("{ menu._props.title = [ ]; }", "toKDL: title of menu is a list, and a value in KDL is"),
        ("{ menu._arg = [ \"x\" ]; }", "toKDL: menu has `_arg`; what is no node is `_args`, `_props` or `_children`"),
        (
            "{ menu._children = [ \"x\" ]; }",
            "toKDL: what is in menu is a string, and nodes are an attribute set or a list",
        ),
        ("1", "toKDL: the spec is a int, and nodes are an attribute set or a list"),
    ] {
        let error = nix.kdl(expression).unwrap_err();
        assert!(error.contains(why), "{expression}: {error}");
    }
}

/// The file that the service of these settings serves, after it was built.
fn served(nix: &Nix, settings: &str) -> Result<String, String> {
    let service =
        format!("(stubs.module {{ enable = true; package = stubs.program; {settings} }}).systemd.services.netspec");
    let command = nix.eval(&format!("{service}.serviceConfig.ExecStart"))?;
    let command = command.as_str().unwrap().to_owned();
    // Whoever builds the unit builds what stands in it.
    let unit = nix.build(&format!("stubs.pkgs.writeText \"unit\" {service}.serviceConfig.ExecStart"))?;
    assert_eq!(fs::read_to_string(unit).unwrap(), command);
    let (program, rest) = command.split_once(" serve ").unwrap();
    assert!(program.ends_with("-netspec/bin/netspec"), "{program}");
    Ok(rest.to_owned())
}

const NETWORK: &str = "network \"lab\" {\n    subnet \"10.0.0.0/24\"\n}\n";

#[test]
fn a_system_with_a_good_spec_is_built_whatever_way_it_is_written() {
    let Some(nix) = Nix::here() else { return };
    let good = format!("{NETWORK}iso \"arch\" \"/srv/isos/arch.iso\"\n");
    let file = nix.0.path("lab.kdl");
    fs::write(&file, format!("// A comment.\n{good}")).unwrap();
    let commented = format!("''\n{}''", fs::read_to_string(&file).unwrap());
    for spec in
        [&commented, &file.display().to_string(), "import ./tests/nix/spec.nix", "[ (import ./tests/nix/spec.nix) ]"]
    {
        let served = served(&nix, &format!("spec = {spec};")).unwrap();
        assert!(served.ends_with("-netspec-checked.kdl"), "{served}");
        nix.is_good(&fs::read_to_string(served).unwrap());
    }
    // A place on the machine is known only there.
    assert_eq!(served(&nix, "spec = \"/etc/netspec/lab.kdl\"; force = true;").unwrap(), "--force /etc/netspec/lab.kdl");
}

#[test]
fn a_system_with_a_bad_spec_is_not_built_and_nix_shows_the_finding() {
    let Some(nix) = Nix::here() else { return };
    let spec = |iso: &str| format!("spec = ''\n{NETWORK}iso \"arch\" {iso}\n'';");
    let error = served(&nix, &spec("\"/srv/isos/arch.iso\" bot=1")).unwrap_err();
    assert!(error.contains("netspec::unknown-property") && error.contains("`iso` has no property `bot`"), "{error}");
    let bad =
        "spec = { network = { _args = [ \"lab\" ]; subnet = \"10.0.0.1/24\"; }; iso._args = [ \"a\" \"/a.iso\" ]; };";
    let error = served(&nix, bad).unwrap_err();
    assert!(error.contains("netspec::invalid-subnet"), "{error}");

    // Files are looked at only where the system says that they are in the store.
    let missing = spec("\"/nonexistent/arch.iso\"");
    served(&nix, &missing).unwrap();
    let error = served(&nix, &format!("check = \"files\"; {missing}")).unwrap_err();
    assert!(error.contains("netspec::iso-not-found"), "{error}");
}

#[test]
fn the_module_does_nothing_unless_enabled_and_opens_what_it_is_told_to() {
    let Some(nix) = Nix::here() else { return };
    assert_eq!(nix.eval("stubs.module { }"), Ok(json!({})));
    let firewall = |settings: &str| {
        let settings = format!("enable = true; package = stubs.program; {settings}");
        nix.eval(&format!("(stubs.module {{ {settings} }}).networking.firewall")).unwrap()
    };
    assert_eq!(firewall("spec = \"\";"), json!({}));
    let ports = |tcp: u16| json!({ "allowedTCPPorts": [tcp], "allowedUDPPorts": [67, 69, 4011] });
    assert_eq!(firewall("openFirewall = true; spec = \"\";"), ports(80));
    assert_eq!(firewall("openFirewall = true; spec = import ./tests/nix/spec.nix;"), ports(8080));
    assert_eq!(firewall("openFirewall = true; spec = \"\"; httpPort = 81;"), ports(81));
}

/// The unit of NixOS and the one for other systems are the same.
#[test]
fn the_service_is_as_hard_as_the_plain_unit() {
    let Some(nix) = Nix::here() else { return };
    let service = "(stubs.module { enable = true; package = stubs.program; spec = \"\"; }).systemd.services.netspec";
    let config = nix.eval(&format!("{service}.serviceConfig")).unwrap();
    let word = |value: &Value| match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut ours = Vec::new();
    for (key, value) in config.as_object().unwrap() {
        match value {
            // Its lines add up, and `~` holds for a whole line.
            Value::Array(lines) if key == "SystemCallFilter" => {
                ours.extend(lines.iter().map(|l| format!("{key}={}", word(l))))
            }
            Value::Array(words) => ours.push(format!("{key}={}", words.iter().map(word).collect::<Vec<_>>().join(" "))),
            one => ours.push(format!("{key}={}", word(one))),
        }
    }
    ours.retain(|line| !line.starts_with("ExecStart="));
    ours.sort();
    let unit = fs::read_to_string(root().join("docs/systemd/netspec.service")).unwrap();
    let (_, plain) = unit.split_once("[Service]\n").unwrap();
    let (plain, _) = plain.split_once("[Install]\n").unwrap();
    let mut plain: Vec<_> = plain.lines().filter(|line| line.contains('=') && !line.starts_with('#')).collect();
    plain.retain(|line| !line.starts_with("ExecStart="));
    plain.sort_unstable();
    assert_eq!(ours, plain);
}

#[test]
fn the_package_has_all_that_the_program_is_made_of() {
    let Some(nix) = Nix::here() else { return };
    let package = nix.eval("let p = stubs.pkgs.callPackage ./nix/package.nix { }; in { inherit (p) pname version; lock = toString p.cargoLock.lockFile; files = map toString p.src.fileset; main = p.meta.mainProgram; }").unwrap();
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!((&package["pname"], &package["main"]), (&json!("netspec"), &json!("netspec")));
    assert_eq!(package["lock"], root().join("Cargo.lock").to_str().unwrap());
    let files: Vec<PathBuf> = serde_json::from_value(package["files"].clone()).unwrap();
    for needed in [
        "Cargo.toml",
        "Cargo.lock",
        "src/main.rs",
        "harness/Cargo.toml",
        "tests/it/main.rs",
        "tests/bench",
        "tests/diagnostics",
        "docs/reference",
    ] {
        assert!(files.iter().any(|file| root().join(needed).starts_with(file)), "{needed}");
    }
}

#[test]
fn the_flake_ties_them_together() {
    let Some(nix) = Nix::here() else { return };
    let flake = "(import ./flake.nix).outputs { self = { }; nixpkgs = { inherit (stubs) lib; legacyPackages = { x86_64-linux = stubs.pkgs; aarch64-linux = stubs.pkgs; }; }; }";
    let of = |what: &str| nix.eval(&format!("({flake}).{what}")).unwrap();
    assert_eq!(of("packages.aarch64-linux.default.pname"), "netspec");
    assert_eq!(of("lib.toKDL { a = 1; }"), "a 1\n");
    assert_eq!(of("checks.x86_64-linux.boots.name"), "netspec");
    assert_eq!(
        nix.eval(&format!("toString ({flake}).nixosModules.default")).unwrap(),
        root().join("nix/module.nix").to_str().unwrap()
    );
}

/// The test of NixOS itself needs nixpkgs and a machine that runs it. Here its spec is checked, and that it has all its parts.
#[test]
fn the_spec_of_the_nixos_test_is_good() {
    let Some(nix) = Nix::here() else { return };
    let test = "(import ./nix/test.nix { inherit (stubs) pkgs; })";
    let spec = nix.kdl(&format!("{test}.nodes.server.services.netspec.spec")).unwrap();
    nix.is_good(&spec);
    assert_eq!(nix.eval(&format!("builtins.attrNames {test}.nodes")).unwrap(), json!(["pc", "router", "server"]));
    assert_eq!(nix.eval(&format!("{test}.nodes.pc.virtualisation.qemu.options")).unwrap(), json!(["-boot order=n"]));
    let router = nix.eval(&format!("{test}.nodes.router.services.dnsmasq.settings")).unwrap();
    assert_eq!(router["dhcp-range"], "10.20.0.100,10.20.0.199,1h");
    assert!(nix.eval(&format!("{test}.testScript")).unwrap().as_str().unwrap().contains("netspec.service"));
}
