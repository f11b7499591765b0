//! netspec boots PCs over the network from ISO files, as one KDL file says.
//!
//! # From text to running server
//!
//! ```text
//! spec text ─parse─> KdlDocument ─decode─> Spec ─resolve─> ResolvedSpec ─┐
//!                                                                        ├─lower─> Plan ─bind─> Bound ─run─> events
//! ISO files, loaders ──────────────────────gather─────────> Facts ───────┘
//! ```
//!
//! Each arrow is one function, each noun one type:
//!
//! | from | function | to |
//! |---|---|---|
//! | text of one or more files | [`spec::load`] | [`spec::Spec`]: as written, every value with its place |
//! | `Spec` | [`resolve::resolve`] | [`resolve::ResolvedSpec`]: names known to exist, defaults filled in |
//! | `ResolvedSpec` and files | [`facts::gather`] | [`facts::Facts`]: what the ISOs and loaders hold |
//! | both | [`plan::lower`] | [`plan::Plan`]: everything that is answered, with which bytes |
//! | `Plan` | [`serve::bind`] | [`serve::Bound`]: sockets open, addresses known |
//! | `Bound` | [`serve::Bound::run`] | [`serve::event::BootEvent`]s until it is told to stop |
//!
//! [`lock`] keeps `Facts` in a file, so that a plan needs no ISO on the machine.
//!
//! `netspec check`, `plan`, `explain` and `serve` walk this path to different ends; [`cli`] has one file for each. To read the
//! code, start at `src/cli/compile.rs`, which calls the phases in their order.
//!
//! # The modules
//!
//! Each may use those above it in this table, never one below (`tests/it/layers.rs`).
//!
//! | module | what | I/O |
//! |---|---|---|
//! | [`source`] | where a value was written | |
//! | [`net`] | addresses | |
//! | [`diag`] | findings: code, message, label, help; as text and as JSON | |
//! | [`world`] | how checking and planning see files | the file system |
//! | [`spec`] | the language, one file for each node | |
//! | [`resolve`] | what a spec means; `rules/` has one file for each rule | |
//! | [`answers`] | what installers are told, from templates | |
//! | [`image`] | what is inside an ISO, and the recipe to boot it | through `world` |
//! | [`facts`] | what the files that a spec names hold | through `world` |
//! | [`fetch`] | files of other servers that a spec pins, into the cache | the network, files |
//! | [`lock`] | `netspec.lock`: files by content, and what was found in them | files |
//! | [`proto`] | DHCP, TFTP and HTTP as bytes and decisions | |
//! | [`plan`] | the plan, its menus and scripts | |
//! | [`serve`] | sockets, tasks, time; the journal of boots | the network |
//! | [`build`] | the files of a plan as a folder for other web servers | files |
//! | [`export`] | a plan in the words of dnsmasq and a web server | |
//! | [`explain`] | what a client would be offered, by the code of `proto` and `serve`; captures | files |
//! | [`lsp`] | findings, help and names for an editor | files |
//! | [`cli`] | the only module that prints or exits | the terminal |
//!
//! The crate `netspec-harness` boots firmware in QEMU against a server. It knows netspec by its command line and by the wire,
//! never by its code, so that dnsmasq and nginx can take netspec's place in every case.
//!
//! # Invariants
//!
//! 1. `spec`, `resolve`, `answers`, `plan` and `proto` do no I/O and read no clock, environment or interface: each denies the
//!    lists in `.clippy.toml` (`pure_modules_deny_what_the_clippy_lists_forbid`).
//! 2. The same spec and the same files give the same plan, byte for byte, in any folder and on any machine; a plan holds no
//!    address and no path of the machine (`tests/it/plans.rs`).
//! 3. Phases before planning collect findings and go on; one run shows everything (`tests/it/diagnostics.rs`).
//! 4. Every kind of finding has a page in `tests/diagnostics/` that is its manual and its test.
//! 5. Every datagram ends in one verdict with a reason, every transfer in one final event (`serve::event`).
//! 6. A malformed packet or a panic ends one request, never the loop.
//! 7. Only `cli` prints or exits (`only_cli_prints_or_exits`), and a failed start is a non-zero exit.
//! 8. The reply of a proxy never carries an address for the client: the type that builds it has no way to say one
//!    (`proto::dhcp::reply`). Two others can. [`proto::dhcp::lease::LeaseReply`] needs a grant, which only the book of a pool
//!    makes, and only a network of which the spec says `dhcp "server"` has a pool (`never_leases_an_address_twice`,
//!    `only_networks_that_say_so_give_out_addresses`). [`proto::dhcp::merged::Merged`] has the address that the network's own
//!    server gave in the answer that it is made of, for machines of which a rule says so (`is_for_named_machines_only`).
//! 9. The harness knows nothing of netspec's code (`the_harness_does_not_know_netspec`).
//! 10. A lock has all that a plan is made from: with it a plan needs no ISO (`a_plan_needs_no_iso_where_there_is_a_lock`), two
//!     machines write the same bytes (`two_clones_in_two_folders_with_other_times_lock_and_plan_alike`), and what is right is not
//!     written again (`a_lock_that_is_right_is_not_written_again`).
//! 11. A file that netspec writes is there whole or not at all, whatever ends it meanwhile
//!     (`another_digest_is_refused_with_both_and_leaves_nothing`, `what_a_killed_build_has_left_is_cleared_away`).
//! 12. The language is described once: decoding, the reference, the editor and its tests read the same data
//!     ([`spec::language()`], `tests/it/reference/decoder.rs`).
#![warn(missing_docs)]

pub mod answers;
pub mod build;
pub mod cli;
pub mod diag;
pub mod explain;
pub mod export;
pub mod facts;
pub mod fetch;
pub mod image;
pub mod lock;
pub mod lsp;
pub mod net;
pub mod plan;
pub mod proto;
pub mod resolve;
pub mod serve;
pub mod source;
pub mod spec;
pub mod world;
