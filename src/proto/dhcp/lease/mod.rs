//! Gives out addresses (RFC 2131), for networks of which the spec says so, and for no others.
//!
//! A [`Book`] knows the leases of one network. [`Book::decide`] takes one request and the time, and says what becomes of it;
//! it opens no socket and no file. [`LeaseReply::new`] makes the answer's bytes of that decision, together with what the boot
//! table says for the same client, so that firmware needs one offer only.
//!
//! **Invariant:** an address for a client stands only in a [`LeaseReply`], which needs a [`Grant`], which only a book can make.
//! [`Reply`](super::Reply), which a proxy sends, has no place for one.
//!
//! Where RFC 2131 section 4.3 lets a server choose:
//!
//! | question | here |
//! |---|---|
//! | who is a client | option 61, else its hardware address; with a reservation always the hardware address |
//! | which address | reservation, its present or last one, the one it asks for, one that nobody had, the one that is free for longest |
//! | an address of unknown clients in INIT-REBOOT | silence, as section 4.3.2 demands |
//! | a client renews and is not known | it keeps its address if nobody else has it: the store may have been lost |
//! | a client asks for a shorter lease (option 51) | it gets that |
//! | DHCPNAK | only to clients that claim an address which they cannot have on this network |

mod book;
mod client;
mod decision;
mod reply;

#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod tests;

pub use self::book::{Book, Record};
pub use self::client::ClientId;
pub use self::decision::{Decision, Grant, LeaseReason};
pub use self::reply::{LeaseReply, Told};
