//! What a case is and how it can end.

use std::fmt;
use std::time::Duration;

use crate::bench::Bench;
use crate::error::Error;

/// One behaviour that is shown by booting something.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    /// Its name, a sentence about behaviour.
    pub name: &'static str,
    /// What a pass proves, for the list.
    pub proves: &'static str,
    /// The case itself.
    pub run: fn(&mut Bench) -> Verdict,
}

/// What a case returns: nothing, or why it stopped.
pub type Verdict = Result<(), Stop>;

/// Why a case stopped before its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// What was to be shown is not so.
    Failed(Error),
    /// It could not be tried here, for this reason.
    Skipped(String),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was shown.
    Passed,
    /// It is not so; the message says what was seen instead.
    Failed(String),
    /// It could not be tried; the message says why.
    Skipped(String),
}

impl From<Verdict> for Outcome {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Ok(()) => Self::Passed,
            Err(Stop::Failed(error)) => Self::Failed(error.to_string()),
            Err(Stop::Skipped(reason)) => Self::Skipped(reason),
        }
    }
}

/// The line that a run prints about a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The case's name.
    pub name: String,
    /// The name of its folder with the evidence.
    pub folder: String,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it took.
    pub took: Duration,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, seconds) = (&self.name, self.took.as_secs_f64());
        match &self.outcome {
            Outcome::Passed => write!(f, "passed   {name} ({seconds:.1} s)"),
            Outcome::Failed(message) => write!(f, "failed   {name} ({seconds:.1} s): {message}"),
            Outcome::Skipped(reason) => write!(f, "skipped  {name} ({reason})"),
        }
    }
}

/// The last line of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Summary {
    /// Counts the cases.
    pub fn of(reports: &[Report]) -> Self {
        let mut summary = Self::default();
        for report in reports {
            match report.outcome {
                Outcome::Passed => summary.passed += 1,
                Outcome::Failed(_) => summary.failed += 1,
                Outcome::Skipped(_) => summary.skipped += 1,
            }
        }
        summary
    }

    /// Whether nothing failed.
    pub fn is_good(self) -> bool {
        self.failed == 0
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(verdict: Verdict) -> Report {
        Report {
            name: "it_works".into(),
            folder: "it_works".into(),
            outcome: verdict.into(),
            took: Duration::from_millis(1250),
        }
    }

    #[test]
    fn a_line_says_what_happened_and_why() {
        assert_eq!(report(Ok(())).to_string(), "passed   it_works (1.2 s)");
        let failed = report(Err(Error::new("no menu").into()));
        assert_eq!(failed.to_string(), "failed   it_works (1.2 s): no menu");
        let skipped = report(Err(Stop::Skipped("needs root".to_owned())));
        assert_eq!(skipped.to_string(), "skipped  it_works (needs root)");
    }

    #[test]
    fn the_summary_counts_and_only_a_failure_makes_it_bad() {
        let skipped = report(Err(Stop::Skipped("needs root".to_owned())));
        let good = Summary::of(&[report(Ok(())), report(Ok(())), skipped.clone()]);
        assert_eq!((good.to_string().as_str(), good.is_good()), ("2 passed, 0 failed, 1 skipped", true));
        let bad = Summary::of(&[skipped, report(Err(Error::new("no").into()))]);
        assert_eq!((bad.to_string().as_str(), bad.is_good()), ("0 passed, 1 failed, 1 skipped", false));
    }
}
