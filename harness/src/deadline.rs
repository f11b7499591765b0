//! How long each stage of a boot may take: one table instead of numbers in the cases.

use std::time::Duration;

/// How the PC's processor is emulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accel {
    /// In software; works everywhere.
    Tcg,
    /// With the processor's help.
    Kvm,
}

impl std::fmt::Display for Accel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Tcg => "TCG",
            Self::Kvm => "KVM",
        })
    }
}

/// A stage of a boot that a case waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From power-on, or from the choice in another menu, to a menu.
    Menu,
    /// From one key to the screen that it changes.
    Key,
    /// From the choice in the menu to the login prompt of a small system.
    Login,
    /// The same for a whole distribution.
    SlowLogin,
    /// A command in the guest's shell.
    Command,
}

/// The limit for a stage. The values are at least four times what an idle machine with two cores was seen to
/// need, so that a busy one gets there too.
pub fn limit(stage: Stage, accel: Accel) -> Duration {
    let (tcg, kvm) = match stage {
        // Firmware with Secure Boot was seen to take 120 s to GRUB on a machine with 18 programs waiting for its two cores.
        Stage::Menu => (240, 60),
        Stage::Key => (15, 5),
        Stage::Login => (240, 60),
        Stage::SlowLogin => (600, 150),
        Stage::Command => (60, 15),
    };
    Duration::from_secs(match accel {
        Accel::Tcg => tcg,
        Accel::Kvm => kvm,
    })
}
