//! Decides what to answer a booting client over proxyDHCP (PXE 2.1), and whether to answer at all.
//!
//! [`answer()`] maps one parsed [`BootRequest`] to one [`Verdict`]. It opens no socket and reads no clock, so every row of the
//! decision table can be tested with bytes alone. A proxy gives out no addresses: the network keeps its own DHCP server, and
//! our reply only adds the name of the boot file to what that server says. Start at [`answer()`]; who a client is, is decided
//! in `classify.rs`; what is on offer, and the rules that change it, is the [`BootTable`]; the rows are in `answer/offer.rs`.
//! Networks without a DHCP server may have [`lease`].
//!
//! **Invariant:** a request from a client that did not ask to boot ends in [`Verdict::Silence`].
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod answer;
mod arch;
mod boot;
mod classify;
mod escape;
mod fit;
mod heard;
pub mod lease;
pub mod merged;
mod message;
mod options;
mod packet;
mod quirks;
mod raspberry_pi;
mod reason;
mod reply;
mod rival;
mod rule;
mod table;
#[cfg(test)]
pub(crate) mod testing;
mod tlv;
mod vendor;

pub use self::answer::{Local, ReceivedOn, Verdict, answer};
pub use self::arch::{Architecture, EfiCpu, Platform};
pub use self::classify::ClientClass;
pub use self::escape::Escaped;
pub use self::fit::unfit;
pub use self::heard::ServerMessage;
pub use self::message::MessageType;
pub use self::options::{
    ClientArch, ClientMachineId, ClientNetworkInterface, IpxeFeatures, RelayAgentInformation, UserClass, VendorClass,
};
pub use self::packet::{BootRequest, client_of};
pub use self::quirks::quirks;
pub use self::reason::Reason;
pub use self::reply::{Destination, FILE_MAX, Reply, ServerAddr, Unfit};
pub use self::rival::{Rival, RivalWay};
pub use self::rule::{Condition, Effect, Mode, Program, Rule};
pub use self::table::{BiosBoot, BootTable, CompleteIpxe, EfiBoot, IpxeBoot, ProgramOrigin};
pub use self::vendor::{BootItem, VendorOptions};
