//! Boots firmware in QEMU against a network-boot server, and drives what it shows.
//!
//! A [`case`] puts up a [`lab`] (a LAN of its own with a home router), starts the [`subject`] (netspec, or the stack
//! that people set up by hand) and switches on a PC ([`qemu`]). It then plays a [`script`] at the PC's [`console`] and
//! judges by what it finds inside the booted system and by what passed the cable ([`capture`]).
//!
//! The harness knows netspec only by its command line and by what it sends, so every case can be run against other
//! servers too. Nothing here touches the network of the machine it runs on.
#![warn(missing_docs)]

pub mod bench;
pub mod capture;
pub mod captures;
pub mod case;
pub mod cases;
pub mod cli;
pub mod compare;
pub mod console;
pub mod deadline;
pub mod demo;
pub mod error;
pub mod evidence;
pub mod firmware;
pub mod gallery;
pub mod guest;
pub mod internal;
pub mod isos;
pub mod lab;
pub mod matrix;
pub mod media;
pub mod menu;
pub mod qemu;
pub mod qmp;
pub mod runner;
pub mod screen;
pub mod script;
pub mod subject;
pub mod tools;
