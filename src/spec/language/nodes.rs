//! A sentence about each node, and what stands in each of its places.
//!
//! A new node of the language needs a line here, one for each child of it, and a page in `docs/reference/`.

use std::time::Duration;

use super::Value;
use super::value::Value::{Name, Path, PathOrUrl, Reference, Text, Word};
use crate::spec::effect::{MAX_DELAY, Mode};
use crate::spec::firmware::Arch;
use crate::spec::loader::LoaderKind;
use crate::spec::shape::Shape;
use crate::spec::tftp::TftpOption;
use crate::spec::{
    answers, choice, decode, dhcp, effect, file, firmware, group, host, include, iso, loader, menu, network, server,
    set, tftp, variables,
};

/// A node in its place.
pub(super) struct Described {
    /// The names of the nodes around it, and its own: `network/dhcp`.
    pub path: &'static str,
    pub shape: &'static Shape,
    /// What it says.
    pub doc: &'static str,
    /// What holds where it is left out.
    pub without: &'static str,
    /// Of each argument, what it is, and what it says where `doc` does not.
    pub arguments: &'static [(Value, &'static str)],
    /// Of each property, its name, what it is, what holds without it, and what it says.
    pub properties: &'static [(&'static str, Value, &'static str, &'static str)],
}

/// A node that says so much: its place, its shape, what holds without it, what it says.
const fn node(path: &'static str, shape: &'static Shape, without: &'static str, doc: &'static str) -> Described {
    Described { path, shape, doc, without, arguments: &[], properties: &[] }
}

impl Described {
    const fn arguments(self, arguments: &'static [(Value, &'static str)]) -> Self {
        Self { arguments, ..self }
    }

    const fn properties(self, properties: &'static [(&'static str, Value, &'static str, &'static str)]) -> Self {
        Self { properties, ..self }
    }
}

const FORMATS: Value = Word(|| answers::Format::ALL.iter().map(|format| format.name()).collect());
const MODES: Value = Word(|| dhcp::MODES.to_vec());
const OFFERS: Value = Word(|| Mode::ALL.iter().map(|mode| mode.name()).collect());
const ARCHES: Value = Word(|| Arch::ALL.iter().map(|arch| arch.name()).collect());
const LOADERS: Value = Word(|| LoaderKind::ALL.iter().map(|kind| kind.name()).collect());
const OPTIONS: Value = Word(|| TftpOption::NAMES.iter().map(|(name, _)| *name).collect());
const LEASE: Value = Value::Time { from: *dhcp::LEASE.start(), to: *dhcp::LEASE.end() };
const CARDS: Value = Value::Number { from: *host::CARDS.start(), to: *host::CARDS.end(), unit: "" };
const DELAY: Value = Value::Time { from: Duration::ZERO, to: MAX_DELAY };

/// Every node, in the order in which people read about them.
pub(super) const NODES: &[Described] = &[
    node("", &decode::TOP, "", "The nodes of a spec, in any order."),
    node(
        "include",
        &include::SHAPE,
        "the spec is one file",
        "Another file of the spec, whose nodes stand in the place of this one.",
    )
    .arguments(&[(Path, "The file. Its own paths are relative to the folder that it is in.")]),
    node("let", &variables::SHAPE, "values are written where they are used", "A name for a value that is used twice.")
        .arguments(&[
            (Name, "What stands in braces where it is used; begins with a letter."),
            (Text, "The value, in which the variables above it may be used."),
        ]),
    node(
        "network",
        &network::SHAPE,
        "an error: nobody would be answered",
        "A network on which PCs are answered: by proxyDHCP beside its DHCP server, or as its DHCP server.",
    )
    .arguments(&[(Name, "What logs and findings call it.")]),
    node(
        "network/subnet",
        &network::SUBNET,
        "`interface` must be there",
        "Its addresses; the interface that has one of them is the one that is served.",
    )
    .arguments(&[(Value::Subnet, "")]),
    node(
        "network/interface",
        &network::INTERFACE,
        "found by `subnet`",
        "The interface that is served, also where its addresses change.",
    )
    .arguments(&[(Value::Interface, "")]),
    node("network/dhcp", &dhcp::SERVER, "`\"proxy\"`", "Who gives out addresses.").arguments(&[(
        MODES,
        "`proxy`: the network's DHCP server, and netspec adds how to boot; `server`: netspec, as the block says; \
         `boot-server`: a DHCP server on this machine that sends PCs to port 4011.",
    )]),
    node(
        "network/dhcp/range",
        &dhcp::RANGE,
        "an error under `server`",
        "The addresses for machines without one of their own.",
    )
    .arguments(&[(Value::Range, "")]),
    node("network/dhcp/lease", &dhcp::LEASE_TIME, "`\"12h\"`", "For how long an address is given.")
        .arguments(&[(LEASE, "")]),
    node("network/dhcp/router", &dhcp::ROUTER, "none is told", "The router that machines are told.")
        .arguments(&[(Value::Address, "")]),
    node("network/dhcp/dns", &dhcp::DNS, "none is told", "The DNS servers that machines are told, the best one first.")
        .arguments(&[(Value::Address, "")]),
    node(
        "network/relay",
        &network::RELAY,
        "PCs behind relays get no answer",
        "The subnet of PCs that come through a DHCP relay.",
    )
    .arguments(&[(Value::Subnet, "")]),
    node(
        "network/address",
        &network::ADDRESS,
        "the interface's address in `subnet`, or its first one",
        "The address of this machine that PCs are told, where it has several.",
    )
    .arguments(&[(Value::Address, "")]),
    node("iso", &iso::SHAPE, "an error: there is nothing to boot", "An ISO file that PCs boot from.").arguments(&[
        (Name, "What entries call it; part of its URLs."),
        (PathOrUrl, "The file. It is read where it is, not unpacked and not copied. One at a URL is fetched once."),
    ])
    .properties(&[("sha256", Value::Digest, "a URL must have one", "What `sha256sum` must print about the file at a URL.")]),
    node(
        "iso/arguments",
        &iso::ARGUMENTS,
        "what the ISO's own menu says",
        "Words that are added to the kernel's command line; a text with blanks is several words. `{answers}` is the URL of \
         the machine's answers, in entries that have some; the word is left out in others.",
    )
    .arguments(&[(Text, "")]),
    node(
        "answers",
        &answers::SHAPE,
        "installers ask a person",
        "What an installer reads in place of asking: a template, made anew for each machine that asks.",
    )
    .arguments(&[(Name, "What entries call it; part of its URLs."), (Path, "The template.")])
    .properties(&[("format", FORMATS, "an error: for which installer?", "The installer that reads it.")]),
    node(
        "answers/meta-data",
        &answers::META_DATA,
        "netspec writes it, with an `instance-id` for each machine",
        "The template of cloud-init's `meta-data`; that of the node itself is its `user-data`.",
    )
    .arguments(&[(Path, "")]),
    node("answers/set", &set::SHAPE, "undefined", "A variable, for machines without a value of their own.")
        .arguments(SET),
    node(
        "menu",
        &menu::SHAPE,
        "the only ISO's own menu is shown; several ISOs need a menu",
        "A list that people choose from at the PC. The first menu of the spec is what they see first.",
    )
    .arguments(&[(Name, "What entries call it.")])
    .properties(&[
        ("title", Text, "the name", "What stands above the list."),
        (
            "timeout",
            Value::Number { from: 0, to: menu::MAX_TIMEOUT, unit: "seconds" },
            "it waits for a key",
            "When the default entry is booted; `0` boots it at once.",
        ),
    ]),
    node("menu/entry", &menu::ENTRY, "an error: nothing could be chosen", "A line that can be chosen.")
        .arguments(&[(Name, "What findings and logs call it; unique in its menu.")])
        .properties(&[
            ("title", Text, "what the ISO or menu is called, else the name", "What the line says."),
            ("iso", Reference(&["iso"]), ONE_TARGET, "Boots this ISO."),
            ("menu", Reference(&["menu"]), ONE_TARGET, "Shows this menu."),
            (
                "boot",
                Word(|| menu::Boot::ALL.iter().map(|boot| boot.name()).collect()),
                ONE_TARGET,
                "What the PC can do by itself: `local-disk` boots from it, or does what the firmware would do next; `shell` \
                 shows the prompt of the boot loader; `restart` starts the PC again; `firmware-setup` shows the setup of a \
                 UEFI firmware.",
            ),
            (
                "chain",
                Value::Url,
                ONE_TARGET,
                "Hands over to a script of iPXE or a program on another server: `http://`, `https://` or `tftp://`.",
            ),
            ("answers", Reference(&["answers"]), "the installer asks a person", "What the installer that it boots is told."),
            (
                "default",
                Value::Boolean,
                "`#false`; the first entry is chosen where none is the default",
                "Whether it is chosen when `timeout` is over.",
            ),
        ]),
    node(
        "menu/entry/kernel",
        &file::KERNEL,
        "what the ISO's own menu offers",
        "The kernel or the program to start.",
    )
    .arguments(&[(
        PathOrUrl,
        "With `iso=`, a path in the ISO, for one of a kind that netspec does not know. Else a file of this machine, or a URL.",
    )])
    .properties(DIGEST_OF_FILE),
    node("menu/entry/initrd", &file::INITRD, "none", "An initial RAM disk of that kernel, in the order of loading.")
        .arguments(&[(PathOrUrl, "As of `kernel`.")])
        .properties(DIGEST_OF_FILE),
    node(
        "menu/entry/file",
        &file::FILE,
        "none",
        "A file that the started program finds by its name, as wimboot does; for a kernel that is in no ISO.",
    )
    .arguments(&[(Text, "The name."), (PathOrUrl, "A file of this machine, or a URL.")])
    .properties(DIGEST_OF_FILE),
    node(
        "menu/entry/arguments",
        &iso::ARGUMENTS,
        "none",
        "The command line of that kernel. `{iso}` is the URL of the ISO's root folder, `{iso}.iso` that of the whole \
         file, `{server}` the address of the server, `{answers}` the URL of the machine's `answers`.",
    )
    .arguments(&[(Text, "")]),
    node("menu/separator", &menu::SEPARATOR, "none", "An empty line between entries."),
    node("host", &host::SHAPE, "every machine is answered as its kind of firmware needs", "One machine.")
        .arguments(&[(Name, "What logs and findings call it.")]),
    node("host/mac", &host::MAC, ONE_IDENTITY, "The hardware address of its network card.")
        .arguments(&[(Value::Mac, "")]),
    node("host/uuid", &host::UUID, ONE_IDENTITY, "The UUID that its firmware has for it, as `dmidecode -s system-uuid` and iPXE show it.")
        .arguments(&[(Value::Uuid, "")]),
    node(
        "host/serial",
        &host::SERIAL,
        ONE_IDENTITY,
        "The serial number that its firmware has for it (SMBIOS), which the boot loader tells; up to 64 letters, digits, \
         signs and blanks of ASCII.",
    )
    .arguments(&[(Text, "")]),
    node("host/menu", &choice::MENU, CHOICE_WITHOUT, MENU_DOC).arguments(&[(Reference(&["menu"]), "")]),
    node("host/boot", &choice::BOOT, CHOICE_WITHOUT, BOOT_DOC).arguments(&[(Reference(&["entry"]), "")]),
    node(
        "host/address",
        &host::ADDRESS,
        "one of the `range`",
        "The address that it always gets, and nobody else, in a network with `dhcp \"server\"`.",
    )
    .arguments(&[(Value::Address, "")]),
    node("host/set", &set::SHAPE, "the value that its `group` or the `answers` set", SET_DOC).arguments(SET),
    node("host/mode", &effect::MODE, MODE_WITHOUT, MODE_DOC).arguments(&[(OFFERS, "")]),
    node("host/delay", &effect::DELAY, DELAY_WITHOUT, DELAY_DOC).arguments(&[(DELAY, "")]),
    node("host/loader", &effect::LOADER, LOADER_WITHOUT, LOADER_DOC).arguments(&[(LOADERS, "")]),
    node("host/memory", &host::MEMORY, "not looked at", "How much memory it has: `netspec check` says what will not fit.")
        .arguments(&[(Value::Memory, "")]),
    node(
        "host/network-cards",
        &host::NETWORK_CARDS,
        "not looked at",
        "How many network cards it has: with several, `netspec check` says where one is named that may be the wrong one.",
    )
    .arguments(&[(CARDS, "")]),
    node("group/set", &set::SHAPE, "the value that the `answers` set", SET_DOC).arguments(SET),
    node(
        "group",
        &group::SHAPE,
        "every machine sees the first menu",
        "What a class of machines boots: those that meet one of each kind of condition. The first one in the spec that a \
         machine meets counts, behind the hosts.",
    )
    .arguments(&[(Name, "What logs and findings call it.")]),
    node("group/mac", &group::MAC, "any", "The beginning of the hardware address: one of these.")
        .arguments(&[(Value::MacPrefix, "")]),
    node("group/arch", &group::ARCH, "any", "What the firmware says that it is (DHCP option 93): one of these.")
        .arguments(&[(ARCHES, "")]),
    node("group/subnet", &group::SUBNET, "any", "The subnet that the machine is in: one of these.")
        .arguments(&[(Value::Subnet, "")]),
    node("group/set", &set::SHAPE, "the value that the `answers` set", SET_DOC).arguments(SET),
    node("group/menu", &choice::MENU, CHOICE_WITHOUT, MENU_DOC).arguments(&[(Reference(&["menu"]), "")]),
    node("group/boot", &choice::BOOT, CHOICE_WITHOUT, BOOT_DOC).arguments(&[(Reference(&["entry"]), "")]),
    node(
        "firmware",
        &firmware::SHAPE,
        "every machine is answered as its kind of firmware needs",
        "A class of machines: those that meet every condition. The first one in the spec that a machine meets counts, \
         behind the hosts.",
    )
    .arguments(&[(Name, "What logs and findings call it.")]),
    node("firmware/arch", &firmware::ARCH, "any", "What the firmware says that it is (DHCP option 93): one of these.")
        .arguments(&[(ARCHES, "")]),
    node(
        "firmware/vendor-class",
        &firmware::VENDOR_CLASS,
        "any that begins with `PXEClient` or `HTTPClient`",
        "The beginning of what it calls itself (DHCP option 60), up to 255 letters, digits and signs of ASCII.",
    )
    .arguments(&[(Text, "")]),
    node("firmware/mac", &firmware::MAC, "any", "The beginning of its hardware address.")
        .arguments(&[(Value::MacPrefix, "")]),
    node("firmware/mode", &effect::MODE, MODE_WITHOUT, MODE_DOC).arguments(&[(OFFERS, "")]),
    node("firmware/delay", &effect::DELAY, DELAY_WITHOUT, DELAY_DOC).arguments(&[(DELAY, "")]),
    node("firmware/loader", &effect::LOADER, LOADER_WITHOUT, LOADER_DOC).arguments(&[(LOADERS, "")]),
    node(
        "loader",
        &loader::SHAPE,
        "the one that the distribution installs in its usual place",
        "Where a boot loader is, the first program that a PC loads.",
    )
    .arguments(&[(LOADERS, "Which loader; each kind once."), (Path, "The program; of a Raspberry Pi, the folder.")])
    .properties(&[
        (
            "modules",
            Path,
            "the usual place, or the folder of the program",
            "The folder with the modules of PXELINUX, of the same build.",
        ),
        ("sha256", Value::Digest, "any content", "What `sha256sum` must print about the program."),
    ]),
    node("server", &server::SHAPE, "everything below has its default", "Ports and limits of the servers."),
    node("server/http", &server::HTTP, "80", "The TCP port of HTTP.")
        .arguments(&[(Value::Number { from: 1, to: u16::MAX, unit: "" }, "")]),
    node(
        "server/origin",
        &server::ORIGIN,
        "this machine",
        "Where PCs fetch kernels, initial RAM disks and root images: the URL at which the folder of `netspec build` is published.",
    )
    .arguments(&[(Value::Url, "")]),
    node("server/window", &server::WINDOW, "16", "The largest window of TFTP (RFC 7440).")
        .arguments(&[(Value::Number { from: 1, to: 64, unit: "blocks" }, "")]),
    node("server/tftp", &tftp::SHAPE, "as firmware usually takes it", "For firmware that fails on what others take."),
    node("server/tftp/block-size", &tftp::BLOCK_SIZE, "what the path takes", "The largest block (RFC 2348).")
        .arguments(&[(Value::Number { from: 8, to: 65464, unit: "bytes" }, "")]),
    node("server/tftp/without", &tftp::WITHOUT, "all that are asked for are granted", "Options that are not granted.")
        .arguments(&[(OPTIONS, "One or more options of TFTP.")])
        .properties(&[("mac", Value::MacPrefix, "to nobody", "Only to these machines they are not granted.")]),
    node(
        "server/tftp/single-port",
        &tftp::SINGLE_PORT,
        "a fresh port for each transfer, as RFC 1350 wants it",
        "Data comes from port 69, too, for firewalls that want that.",
    ),
    node("server/tftp/wrap", &tftp::WRAP, "0", "The number behind block 65535.")
        .arguments(&[(Value::Number { from: 0, to: 1, unit: "" }, "")]),
];

const SET: &[(Value, &str)] = &[(Value::Variable, ""), (Value::VariableValue, "")];
const SET_DOC: &str = "A variable of templates of `answers`.";
const ONE_TARGET: &str = "one of `iso`, `menu`, `boot`, `chain` and a `kernel` must be there";
const DIGEST_OF_FILE: &[(&str, Value, &str, &str)] = &[(
    "sha256",
    Value::Digest,
    "any content; a URL is given to the PC as it stands",
    "What `sha256sum` must print about the file. One at a URL is then fetched once, and PCs get it from this server.",
)];
const ONE_IDENTITY: &str = "one of `mac`, `uuid` and `serial` must be there";
const CHOICE_WITHOUT: &str = "what the next group that it belongs to says, and else the first menu";
const MENU_DOC: &str = "The menu that it sees first.";
const BOOT_DOC: &str = "The entry that it boots at once, without a menu: its name, or `\"menu/entry\"`.";
const MODE_DOC: &str = "In which form it is offered its program, or that it gets no answer.";
const MODE_WITHOUT: &str = "`\"pxe10\"` on BIOS, `\"binl\"` on UEFI";
const DELAY_DOC: &str = "How long its offer waits; that of iPXE never does.";
const DELAY_WITHOUT: &str = "`\"0s\"`; the ROM of a Raspberry Pi gets its offer after 2 s";
const LOADER_DOC: &str = "The program that it is offered, of a kind that its processor executes.";
const LOADER_WITHOUT: &str = "the one for its kind of firmware";
