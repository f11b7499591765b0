//! The catalogue of kinds of findings.

use super::Severity;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $severity:ident;)*) => {
        /// A kind of finding. The text is part of the interface: never reused, never renamed once released.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// Every code, in the order of the catalogue.
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            /// The name, as in `netspec::unknown-iso`.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$name => concat!("netspec::", $text),)* }
            }

            /// Whether it forbids serving.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    // The file and its text.
    /// The spec file cannot be read.
    SpecUnreadable = "spec-unreadable", Error;
    /// The spec file is larger than any spec that a person writes.
    SpecTooLarge = "spec-too-large", Error;
    /// The text is not KDL 2, in a way that has no code of its own.
    Syntax = "syntax", Error;
    /// A bare value that KDL 2 takes for a broken number or word.
    UnquotedValue = "unquoted-value", Error;
    /// `true`, `false` or `null` without the `#` of KDL 2.
    BareKeyword = "bare-keyword", Error;
    /// A property name and `=`, but no value.
    MissingValue = "missing-value", Error;
    /// A string without its closing quote.
    UnclosedString = "unclosed-string", Error;
    /// `/*` without `*/`.
    UnclosedComment = "unclosed-comment", Error;
    /// `{` without `}`.
    UnclosedBlock = "unclosed-block", Error;
    /// `}` without `{`.
    UnmatchedBrace = "unmatched-brace", Error;
    /// Blocks in blocks in blocks, deeper than the language goes.
    NestingTooDeep = "nesting-too-deep", Error;
    /// The text is written in KDL 1.
    KdlVersion = "kdl-version", Error;

    /// A file that the spec includes cannot be read.
    IncludeUnreadable = "include-unreadable", Error;
    /// A file that includes itself, maybe through others.
    IncludeCycle = "include-cycle", Error;
    /// A file that is included twice.
    DuplicateInclude = "duplicate-include", Error;
    /// A text with a variable that no `let` defines before it.
    UndefinedVariable = "undefined-variable", Error;
    /// A `let` that no text uses.
    UnusedVariable = "unused-variable", Warning;

    // Nodes, one by one.
    /// A node name that the language does not have, or not in this place.
    UnknownNode = "unknown-node", Error;
    /// A property that the node does not take.
    UnknownProperty = "unknown-property", Error;
    /// The same property twice on one node; KDL would let the last one win in silence.
    DuplicateProperty = "duplicate-property", Error;
    /// A node that may stand once stands twice.
    DuplicateNode = "duplicate-node", Error;
    /// An argument, property or child that must be there is not.
    Missing = "missing", Error;
    /// An argument more than the node takes.
    UnexpectedArgument = "unexpected-argument", Error;
    /// A block after a node that takes none.
    UnexpectedChildren = "unexpected-children", Error;
    /// A type annotation; the language has none.
    UnexpectedAnnotation = "unexpected-annotation", Error;
    /// A value of the wrong type or shape.
    InvalidValue = "invalid-value", Error;
    /// A number outside its range.
    ValueOutOfRange = "value-out-of-range", Error;
    /// A name that cannot be part of a URL.
    InvalidName = "invalid-name", Error;
    /// A subnet that is not the address of a network and its prefix length.
    InvalidSubnet = "invalid-subnet", Error;
    /// A range that is not written as two addresses in their order, or that has too many.
    InvalidRange = "invalid-range", Error;
    /// An origin that is no URL of a folder on an HTTP server.
    InvalidOrigin = "invalid-origin", Error;
    /// A UUID or serial number that many boards have.
    PlaceholderId = "placeholder-id", Error;
    /// A URL that boot loaders or netspec cannot load.
    UrlInvalid = "url-invalid", Error;
    /// A node that says more than one thing to boot.
    ConflictingTarget = "conflicting-target", Error;
    /// A value that is set aside for a later release.
    NotYetSupported = "not-yet-supported", Error;

    // Nodes, compared with each other.
    /// Two nodes of one kind have the same name.
    DuplicateName = "duplicate-name", Error;
    /// An entry names an ISO that the spec does not define.
    UnknownIso = "unknown-iso", Error;
    /// An entry, a host or a group names a menu that the spec does not define.
    UnknownMenu = "unknown-menu", Error;
    /// An entry names answers that the spec does not define.
    UnknownAnswers = "unknown-answers", Error;
    /// A host or group boots an entry that the spec does not define.
    UnknownEntry = "unknown-entry", Error;
    /// A host or group boots an entry of which there are several.
    AmbiguousEntry = "ambiguous-entry", Error;
    /// Two networks claim the same addresses.
    SubnetOverlap = "subnet-overlap", Error;
    /// Addresses to give out that the clients of the network cannot have.
    RangeOutsideSubnet = "range-outside-subnet", Error;
    /// Addresses to give out of which one belongs to another machine.
    RangeTaken = "range-taken", Error;
    /// Fewer addresses to give out than the spec names machines.
    RangeTooSmall = "range-too-small", Warning;
    /// Addresses to give out that are of the Internet.
    PublicRange = "public-range", Warning;
    /// A lease that ends while a client still boots.
    LeaseTooShort = "lease-too-short", Warning;
    /// The address of one machine that is not in the subnet of its network.
    AddressOutsideSubnet = "address-outside-subnet", Error;
    /// Two machines of the spec have the same address.
    DuplicateAddress = "duplicate-address", Error;
    /// Two networks claim the same interface.
    DuplicateInterface = "duplicate-interface", Error;
    /// Two entries of one menu are the default.
    DuplicateDefault = "duplicate-default", Error;
    /// A menu that starts its first entry by itself, because none is the default.
    TimeoutWithoutDefault = "timeout-without-default", Warning;
    /// A menu without entries.
    EmptyMenu = "empty-menu", Error;
    /// Menus that lead only to each other.
    MenuCycle = "menu-cycle", Warning;
    /// A menu that no entry leads to.
    UnreachableMenu = "unreachable-menu", Warning;
    /// A spec without ISOs.
    NothingToBoot = "nothing-to-boot", Error;
    /// A spec without networks.
    NoNetwork = "no-network", Error;
    /// Several ISOs, but no menu to choose from.
    NoMenu = "no-menu", Error;
    /// An ISO that no entry offers.
    UnusedIso = "unused-iso", Warning;
    /// Answers that no entry names.
    UnusedAnswers = "unused-answers", Warning;
    /// A file of another server that may change without anybody here knowing.
    UrlWithoutDigest = "url-without-digest", Warning;
    /// A digest for an ISO of this machine, which is pinned in another way.
    DigestWithoutUrl = "digest-without-url", Error;
    /// A kernel argument that iPXE would change.
    IpxeExpansion = "ipxe-expansion", Error;
    /// A kernel argument with one quote of a pair.
    OpenQuote = "open-quote", Error;
    /// A kernel argument that netspec writes itself, for each machine anew.
    ArgumentTaken = "argument-taken", Warning;
    /// A kernel argument that gives one address to every machine.
    FixedAddress = "fixed-address", Warning;
    /// Two hosts have the same hardware address.
    DuplicateMac = "duplicate-mac", Error;
    /// Two hosts have the same UUID.
    DuplicateUuid = "duplicate-uuid", Error;
    /// Two hosts have the same serial number.
    DuplicateSerial = "duplicate-serial", Error;
    /// A host that is known by its serial number alone, which some clients do not tell.
    SerialNotTold = "serial-not-told", Warning;
    /// A `group` that an earlier one leaves no machine.
    ShadowedGroup = "shadowed-group", Warning;
    /// A `group` without a condition.
    GroupForAll = "group-for-all", Warning;
    /// A `group` for machines that never ask.
    GroupWithoutMachines = "group-without-machines", Warning;
    /// A `firmware` that an earlier one leaves no machine.
    ShadowedRule = "shadowed-rule", Warning;
    /// A `host`, `group` or `firmware` that changes nothing.
    RuleWithoutEffect = "rule-without-effect", Warning;
    /// A spec that answers nobody.
    NobodyAnswered = "nobody-answered", Warning;
    /// A mode for firmware that does not have it.
    ModeMismatch = "mode-mismatch", Error;
    /// A loader for firmware that cannot execute it.
    LoaderMismatch = "loader-mismatch", Error;

    // Files that the spec names.
    /// The ISO file is not there.
    IsoNotFound = "iso-not-found", Error;
    /// The ISO file is there, but cannot be read.
    IsoUnreadable = "iso-unreadable", Error;
    /// The file is an ISO of which the end is missing.
    IsoTruncated = "iso-truncated", Error;
    /// The file is no ISO 9660 image, or a damaged one.
    IsoInvalid = "iso-invalid", Error;
    /// The ISO is not the file that was locked.
    IsoChanged = "iso-changed", Warning;
    /// The ISO holds no system that netspec knows how to boot over the network.
    IsoUnrecognized = "iso-unrecognized", Error;
    /// An entry names a file that its ISO does not have.
    PathNotInIso = "path-not-in-iso", Error;
    /// The template of answers is not there.
    AnswersNotFound = "answers-not-found", Error;
    /// The template of answers is there, but cannot be read as text.
    AnswersUnreadable = "answers-unreadable", Error;
    /// The template of answers is none.
    AnswersSyntax = "answers-syntax", Error;
    /// A template names a variable that a machine does not have.
    AnswersUndefined = "answers-undefined", Error;
    /// A template names a variable that only some machines have.
    AnswersForHosts = "answers-for-hosts", Warning;
    /// What a template gives for a machine is not what its installer reads.
    AnswersInvalid = "answers-invalid", Error;
    /// A password in clear, which anybody on the network can read.
    AnswersSecret = "answers-secret", Warning;
    /// An entry names answers, and nothing tells its system where they are.
    AnswersNotPassed = "answers-not-passed", Warning;
    /// A `set` that no template names.
    UnusedSet = "unused-set", Warning;
    /// A file that an entry names is not there.
    FileNotFound = "file-not-found", Error;
    /// A file that an entry names is there, but cannot be read.
    FileUnreadable = "file-unreadable", Error;
    /// A file that the spec pins by its digest has another one.
    FileDigest = "file-digest", Error;
    /// A file of another server that is pinned and not in the cache yet.
    UrlNotFetched = "url-not-fetched", Error;
    /// An entry that some clients do not get, because their boot loader cannot do it.
    EntryLeftOut = "entry-left-out", Warning;
    /// An entry that no boot loader here can start.
    EntryForNobody = "entry-for-nobody", Warning;
    /// An `https://` URL for an iPXE that was built without HTTPS.
    IpxeWithoutHttps = "ipxe-without-https", Warning;
    /// An entry names an initial RAM disk as its kernel, or a kernel as its initial RAM disk.
    WrongKindOfFile = "wrong-kind-of-file", Error;
    /// Words for an initial RAM disk, and none.
    InitrdMissing = "initrd-missing", Error;
    /// A word that makes an archiso check its root image with a file that it does not have.
    VerificationMissing = "verification-missing", Error;
    /// A URL on a command line that its reader cannot use.
    UrlArgument = "url-argument", Error;
    /// The lack of `ip=`, or one that the ISO's initial RAM disk does not understand.
    IpArgument = "ip-argument", Error;
    /// A kernel argument that differs by a letter from one that there is.
    UnknownArgument = "unknown-argument", Warning;
    /// Arguments of an ISO whose entries all have their own.
    UnusedArguments = "unused-arguments", Warning;
    /// A network card by name, on machines that have several.
    CardByName = "card-by-name", Warning;
    /// More arguments than a kernel takes.
    CommandLineTooLong = "command-line-too-long", Error;
    /// An ISO that needs more memory than a host has.
    MemoryTooSmall = "memory-too-small", Warning;
    /// Two entries of one menu look the same.
    DuplicateTitle = "duplicate-title", Warning;
    /// A loader that a client of this spec needs is not installed.
    LoaderMissing = "loader-missing", Error;
    /// No iPXE for UEFI is installed, so PCs with UEFI get no answer.
    UefiLoaderMissing = "uefi-loader-missing", Warning;
    /// The loader that the spec names is not usable.
    LoaderUnusable = "loader-unusable", Error;
    /// The loader that the spec pins by its digest has another one.
    LoaderDigest = "loader-digest", Error;
    /// The spec names shim or GRUB, and PCs with Secure Boot cannot boot all the same.
    SecureBootNoWay = "secure-boot-no-way", Warning;
    /// A kernel that shim refuses where Secure Boot is on.
    SecureBootKernel = "secure-boot-kernel", Warning;
    /// An origin that boot loaders of this spec cannot fetch from, because they speak no TLS.
    OriginNeedsTls = "origin-needs-tls", Warning;
    /// A name that a client must be told does not fit into a DHCP reply.
    BootNameTooLong = "boot-name-too-long", Error;

    // The lock file.
    /// The lock file does not match the spec or the files of this machine.
    LockStale = "lock-stale", Warning;
    /// There is no lock file where one was asked for.
    LockMissing = "lock-missing", Error;
    /// The lock file cannot be read, or is no lock file.
    LockUnreadable = "lock-unreadable", Error;
    /// The lock file was written by a newer netspec.
    LockVersion = "lock-version", Error;

    // This machine.
    /// No interface of this machine is on the network.
    NoInterface = "no-interface", Error;
    /// The interface of the network is switched off.
    InterfaceDown = "interface-down", Error;
    /// The interface of the network does not have the address that clients are told.
    AddressNotHere = "address-not-here", Error;
    /// Another program holds a port that is needed.
    PortInUse = "port-in-use", Warning;
}
