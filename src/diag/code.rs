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
    /// The text is not KDL 2.
    Syntax = "syntax", Error;
    /// The spec file cannot be read.
    SpecUnreadable = "spec-unreadable", Error;
    /// A node name that the language does not have.
    UnknownNode = "unknown-node", Error;
    /// A property that the node does not take.
    UnknownProperty = "unknown-property", Error;
    /// The same property twice on one node; KDL would let the last one win in silence.
    DuplicateProperty = "duplicate-property", Error;
    /// A node that may stand once stands twice.
    DuplicateNode = "duplicate-node", Error;
    /// Two nodes of one kind have the same name.
    DuplicateName = "duplicate-name", Error;
    /// An argument, property or child that must be there is not.
    Missing = "missing", Error;
    /// An argument more than the node takes.
    UnexpectedArgument = "unexpected-argument", Error;
    /// A value of the wrong type or shape.
    InvalidValue = "invalid-value", Error;
    /// An entry names an ISO that the spec does not define.
    UnknownIso = "unknown-iso", Error;
}
