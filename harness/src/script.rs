//! What a person does at the PC, as data: one list of steps, read by one interpreter ([`crate::guest`]).

use crate::deadline::Stage;

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Waits for a menu that has all these entries. Parts of the labels are enough.
    Menu(Vec<String>),
    /// Chooses the entry with this label in the menu on the screen, with the arrow keys and Enter.
    Choose(String),
    /// Waits for this text, as a boot loader's prompt is one.
    See(&'static str),
    /// Waits for a login prompt and logs in.
    LogIn(Login),
}

/// How to log in to a system on its serial console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Login {
    /// The prompt, host name included, so that it can only be this system's.
    pub prompt: &'static str,
    /// Who logs in.
    pub user: &'static str,
    /// The password, if one is asked for.
    pub password: Option<&'static str>,
    /// Which limit the way to the prompt has.
    pub stage: Stage,
}

/// The live system of an Arch medium.
pub const ARCHISO: Login = Login { prompt: "archiso login:", user: "root", password: None, stage: Stage::Login };

/// The small system of [`crate::media::small`].
pub const SMALL: Login = Login { prompt: "small login:", user: "root", password: None, stage: Stage::Login };

/// Debian Live with the user that live-config makes.
pub const DEBIAN_LIVE: Login =
    Login { prompt: "debian login:", user: "user", password: Some("live"), stage: Stage::SlowLogin };

/// Waits for a menu with these entries.
pub fn menu(labels: &[&str]) -> Step {
    Step::Menu(labels.iter().map(|label| (*label).to_owned()).collect())
}

/// Chooses an entry.
pub fn choose(label: &str) -> Step {
    Step::Choose(label.to_owned())
}
