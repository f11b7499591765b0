use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::*;

/// A machine of which everything is known.
fn desk<'a>(variables: &'a [(&'a str, VariableValue)]) -> Machine<'a> {
    Machine {
        name: Some("desk"),
        mac: Some(MacAddr([0x52, 0x54, 0, 0xaa, 0xbb, 0xcc])),
        uuid: "4c4c4544-0031-3510-8052-b7c04f4b3232".parse().ok(),
        serial: Some("7XK2Q13"),
        address: Some(Ipv4Addr::new(10, 0, 0, 50)),
        subnet: "10.0.0.0/24".parse().ok(),
        arch: Some("uefi-x64"),
        variables: variables.iter().map(|(name, value)| (*name, value)).collect(),
    }
}

fn place() -> Place {
    Place {
        server: Ipv4Addr::new(10, 0, 0, 1),
        origin: "http://10.0.0.1:8080".to_owned(),
        iso: Some("http://10.0.0.1:8080/iso/debian".to_owned()),
    }
}

fn text(value: &str) -> VariableValue {
    VariableValue::Text(value.to_owned())
}

fn render(format: Format, template: &str, variables: &[(&str, VariableValue)]) -> Result<String, String> {
    let template = Template::parse(format, template).map_err(|error| error.to_string())?;
    let result = template.render(&desk(variables), &place()).map_err(|error| error.to_string())?;
    check::answers(format, &result).map_err(|error| error.to_string())?;
    Ok(result)
}

fn given(format: Format, template: &str) -> String {
    render(format, template, &[]).unwrap()
}

#[test]
fn a_preseed_file_has_values_as_they_are() {
    let template = "\
# {{ host.serial }} is {{ host.uuid }}
d-i netcfg/get_hostname string {{ host.name }}
d-i netcfg/get_ipaddress string {{ host.address }}
d-i netcfg/get_netmask string {{ host.netmask }}
{% if host.arch == 'uefi-x64' %}
d-i partman-efi/non_efi_system boolean true
{% endif %}
d-i mirror/http/hostname string {{ server }}
d-i preseed/late_command string wget {{ origin }}/x -O /target/x {{ iso }} {{ host.mac }} {{ host.subnet }}
";
    insta::assert_snapshot!(given(Format::Preseed, template), @r"
    # 7XK2Q13 is 4c4c4544-0031-3510-8052-b7c04f4b3232
    d-i netcfg/get_hostname string desk
    d-i netcfg/get_ipaddress string 10.0.0.50
    d-i netcfg/get_netmask string 255.255.255.0
    d-i partman-efi/non_efi_system boolean true
    d-i mirror/http/hostname string 10.0.0.1
    d-i preseed/late_command string wget http://10.0.0.1:8080/x -O /target/x http://10.0.0.1:8080/iso/debian 52:54:00:aa:bb:cc 10.0.0.0/24
    ");
}

#[test]
fn a_kickstart_file_has_words_of_a_shell() {
    let variables = [("who", text("Zoë O'Hara; reboot")), ("disk", text("vda")), ("swap", VariableValue::Number(4096))];
    let template = "\
network --hostname={{ host.name }}
part swap --ondisk={{ disk }} --size={{ swap }}
user --name=zoe --gecos={{ who }}
%post
echo {{ who }} > /etc/motd
%end
";
    insta::assert_snapshot!(render(Format::Kickstart, template, &variables).unwrap(), @r#"
    network --hostname=desk
    part swap --ondisk=vda --size=4096
    user --name=zoe --gecos='Zoë O'"'"'Hara; reboot'
    %post
    echo 'Zoë O'"'"'Hara; reboot' > /etc/motd
    %end
    "#);
}

#[test]
fn user_data_has_scalars_of_yaml() {
    let keys = text("ssh-ed25519 AAAA a\nssh-ed25519 BBBB b");
    let hostile = text("x\n#cloud-config\nruncmd: [\"rm -rf /\"]\u{85}\u{2028}\"'\\");
    let variables = [("keys", keys), ("hostile", hostile), ("ssh", VariableValue::Truth(true))];
    let template = "\
#cloud-config
autoinstall:
  version: 1
  identity:
    hostname: {{ host.name ~ '.lan' }}
    realname: {{ hostile }}
  ssh:
    install-server: {{ ssh }}
    authorized-keys:
{% for key in keys | lines %}
      - {{ key }}
{% endfor %}
  late-commands:
    - curtin in-target -- hostnamectl set-hostname {{ host.name | shell }}
";
    insta::assert_snapshot!(render(Format::CloudInit, template, &variables).unwrap(), @r##"
    #cloud-config
    autoinstall:
      version: 1
      identity:
        hostname: "desk.lan"
        realname: "x\n#cloud-config\nruncmd: [\"rm -rf /\"]\u0085\u2028\"'\\"
      ssh:
        install-server: true
        authorized-keys:
          - "ssh-ed25519 AAAA a"
          - "ssh-ed25519 BBBB b"
      late-commands:
        - curtin in-target -- hostnamectl set-hostname desk
    "##);
}

#[test]
fn archinstall_gets_json() {
    let variables = [("hostile", text("\"}, \"packages\": [\"x\"], {\"\n"))];
    let template =
        r#"{ "hostname": {{ host.name }}, "bootloader": {{ hostile }}, "swap": {{ swap | default(false) }} }"#;
    insta::assert_snapshot!(
        render(Format::Archinstall, template, &variables).unwrap(),
        @r#"{ "hostname": "desk", "bootloader": "\"}, \"packages\": [\"x\"], {\"\n", "swap": false }"#
    );
}

/// No value can begin another line or end its own: it is refused, or it reads back as the same value.
#[test]
fn hostile_values_stay_values() {
    let values = [
        "a\nd-i x y z",
        "a\rb",
        "a\u{2028}b",
        "a\\",
        "'\"`$(x)`\"'",
        "#cloud-config",
        "%end",
        "{{ x }}",
        "",
        " a ",
        "\0",
        "a: b",
        "é\u{7f}",
    ];
    for value in values {
        let variables = [("x", text(value))];
        match render(Format::Preseed, "d-i q/q string {{ x }}\nd-i z/z string b\n", &variables) {
            Ok(result) => assert_eq!(result, format!("d-i q/q string {value}\nd-i z/z string b\n")),
            Err(why) => assert!(why.contains("backslash") || why.contains("control characters"), "{why}"),
        }
        match render(Format::Kickstart, "user --gecos={{ x }}\nreboot\n", &variables) {
            Ok(result) => {
                let word =
                    result.strip_prefix("user --gecos=").and_then(|rest| rest.strip_suffix("\nreboot\n")).unwrap();
                assert_eq!(word.replace(r#"'"'"'"#, "\u{1}").replace('\'', "").replace('\u{1}', "'"), value);
                assert!(!word.contains('\n'));
            }
            Err(why) => assert!(why.contains("control characters"), "{why}"),
        }
        let yaml = render(Format::CloudInit, "#cloud-config\nx: {{ x }}\n", &variables).unwrap();
        assert_eq!(yaml.lines().count(), 2, "{yaml}");
        let json = yaml.lines().nth(1).unwrap().strip_prefix("x: ").unwrap();
        assert_eq!(serde_json::from_str::<String>(json).unwrap(), value);
        let json = render(Format::Archinstall, "{\"x\": {{ x }}}", &variables).unwrap();
        let read: BTreeMap<String, String> = serde_json::from_str(&json).unwrap();
        assert_eq!(read["x"], value);
    }
}

#[test]
fn raw_and_shell_are_asked_for() {
    let variables = [("line", text("d-i a/b string c\nd-i d/e boolean true")), ("word", text("a b'c"))];
    assert_eq!(
        render(Format::Preseed, "{{ line | raw }}\n{{ 'd-i x/y string echo ' | raw }}{{ word | shell }}\n", &variables)
            .unwrap(),
        "d-i a/b string c\nd-i d/e boolean true\nd-i x/y string echo 'a b'\"'\"'c'\n"
    );
}

#[test]
fn what_is_undefined_is_named_with_its_line() {
    let error = |template: &str| render(Format::Preseed, template, &[]).unwrap_err();
    assert_eq!(error("# a\n# b\n# {{ disk }}"), "line 3: `disk` is undefined");
    assert_eq!(error("# {{ host.owner | upper }}"), "line 1: `host.owner` is undefined");
    assert_eq!(error("# {{- host.owner.name -}}"), "line 1: `host.owner` is undefined");
    assert_eq!(error("{% if disk %}{% endif %}"), "line 1: `disk` is undefined");
    assert_eq!(error("{% for x in disks %}{% endfor %}"), "line 1: `disks` is undefined");
    assert_eq!(error("# {{ 'a' ~ disk }}"), "line 1: `disk` is undefined");
    assert_eq!(
        render(Format::Preseed, "# {{ disk | default('x') }}{% if disk is defined %}y{% endif %}", &[]).unwrap(),
        "# x"
    );
}

#[test]
fn a_template_reads_no_files_and_does_no_more_than_it_may() {
    let error = |template: &&str| render(Format::Preseed, template, &[]).unwrap_err();
    let templates = [
        "{% include '/etc/passwd' %}",
        "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        "{{ 'a' * 70000 }}",
        "{% for a in range(30) %}{{ 'a' * 60000 }}{% endfor %}",
        "{% for a in range(999999999) %}{% endfor %}",
        "{{ namespace() }}",
        "{{ [1] }}",
        "# one\n{{ host.name ",
        "{% if %}",
        "{{ host.name | uper }}",
    ];
    insta::assert_snapshot!(templates.iter().map(error).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_names_of_a_template_are_known_without_rendering() {
    let template =
        Template::parse(Format::Preseed, "{{ host.mac }}{% if disk %}{{ disk }}{% set x = iso %}{{ x }}{% endif %}");
    assert_eq!(template.unwrap().names().into_iter().collect::<Vec<_>>(), ["disk", "host.mac", "iso"]);
}

#[test]
fn what_an_installer_would_not_read_is_said() {
    let wrong =
        |format, text: &str| check::answers(format, text).map_or_else(|error| error.to_string(), |()| "-".to_owned());
    let lines = [
        wrong(Format::Preseed, "# c\n\nd-i netcfg/get_hostname desk\n"),
        wrong(Format::Preseed, "d-i a/b\n"),
        wrong(Format::Preseed, "d-i a/b boolean yes\n"),
        wrong(
            Format::Preseed,
            "d-i a/b string x \\\n  y z\npopularity-contest popularity-contest/participate boolean false\nd-i a/c string\n",
        ),
        wrong(Format::Kickstart, "lang en_US\n%packages\n@core\n%post\n%end\n"),
        wrong(Format::Kickstart, "%packages\n@core\n"),
        wrong(Format::Kickstart, "%pots\n%end\n"),
        wrong(Format::Kickstart, "reboot\n%end\n"),
        wrong(Format::Kickstart, "user --name='a\n"),
        wrong(Format::Kickstart, "%include http://x/y\n%pre --log=/x\necho \"\n%end\ntext # it's\n"),
        wrong(Format::CloudInit, "hostname: x\n"),
        wrong(Format::CloudInit, "#cloud-config\nhostname: \"a\".b\n"),
        wrong(Format::CloudInit, "#cloud-config\n- a\n"),
        wrong(Format::CloudInit, "#cloud-config\na: &x [1, 2]\nb: *x\nc: |\n  text\n"),
        wrong(Format::CloudInit, "#!/bin/sh\necho\n"),
        wrong(Format::CloudInit, "#cloud-config\na: [1\n"),
        wrong(Format::CloudInit, "#cloud-config\n"),
        wrong(Format::Archinstall, "{\n \"a\": 1,\n}\n"),
        wrong(Format::Archinstall, "[]"),
    ];
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn meta_data_names_the_instance() {
    assert_eq!(minimal_meta_data(&desk(&[])), "instance-id: \"netspec-525400aabbcc\"\nlocal-hostname: \"desk\"\n");
    assert_eq!(minimal_meta_data(&Machine::default()), "instance-id: \"netspec\"\n");
    check::meta_data(&minimal_meta_data(&desk(&[]))).unwrap();
    assert_eq!(
        check::meta_data("local-hostname: a\nx:\n  instance-id: b\n").unwrap_err().to_string(),
        "line 1: `instance-id` is missing"
    );
    check::meta_data("x: {instance-id: a}\ninstance-id: b\n").unwrap();
    check::meta_data("? [a, b]\n: c\ninstance-id: b\n").unwrap();
}

#[test]
fn passwords_in_clear_are_found() {
    let found = |format, text: &str| -> Vec<String> {
        secrets(format, text).into_iter().map(|secret| format!("{} {}", secret.line, secret.key)).collect()
    };
    let preseed = "d-i passwd/root-password password r00t\nd-i passwd/root-password-again password r00t\n\
                   d-i passwd/user-password-crypted password $6$x\nd-i passwd/root-login boolean false\n";
    assert_eq!(found(Format::Preseed, preseed), ["1 passwd/root-password"]);
    let kickstart = "rootpw --plaintext secret\nrootpw --iscrypted $6$x\nrootpw --lock\nrootpw secret\n\
                     user --name=a --password=b\nuser --name=a\nuser --name=a --password=$6$x --iscrypted\n";
    assert_eq!(found(Format::Kickstart, kickstart), ["1 rootpw", "4 rootpw", "5 user"]);
    let cloud_init = "#cloud-config\npassword: abc\nidentity: \n  password: \"$6$x\"\nusers:\n - plain_text_passwd: x\n\
                      # password: y\n  - {name: a, password: RANDOM}\n  passwd: !\n";
    assert_eq!(found(Format::CloudInit, cloud_init), ["2 password", "6 plain_text_passwd"]);
    assert_eq!(found(Format::Archinstall, "{\"!root-password\": \"x\",\n\"!password\": \"\"}"), ["1 !root-password"]);
}
