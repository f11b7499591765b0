//! The columns: the systems that are booted.

use crate::firmware::Cpu;

/// A kind of system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The stand-in of today's Arch medium.
    Archiso,
    /// A whole distribution.
    DebianLive,
    /// A small system that netspec knows nothing of, with kernel, initramfs and arguments written in the spec.
    KernelLine,
}

impl Column {
    /// All of them, in the table's order.
    pub const ALL: [Self; 3] = [Self::Archiso, Self::DebianLive, Self::KernelLine];

    /// Its name in filters.
    pub fn name(self) -> &'static str {
        match self {
            Self::Archiso => "archiso",
            Self::DebianLive => "debian-live",
            Self::KernelLine => "kernel-line",
        }
    }

    /// What the table calls it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Archiso => "archiso (Arch Linux)",
            Self::DebianLive => "Debian Live",
            Self::KernelLine => "your own kernel line",
        }
    }

    /// Whether there is such a system for this processor.
    pub fn has(self, cpu: Cpu) -> bool {
        self == Self::KernelLine || cpu == Cpu::X64
    }
}
