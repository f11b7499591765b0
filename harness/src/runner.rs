//! Runs cases one after the other and says how each ended.

use std::io::{IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::bench::{Bench, Options};
use crate::case::{Case, Outcome, Report, Stop, Summary, Verdict};
use crate::error::{Context, Result, is_of_the_pc};
use crate::evidence;

/// The cases whose name contains one of `filters`. Without one, all but those of `later`.
pub fn select(cases: &[Case], filters: &[String], later: &[&str]) -> Vec<Case> {
    let wanted = |case: &&Case| match filters {
        [] => !later.contains(&case.name),
        filters => filters.iter().any(|filter| case.name.contains(filter.as_str())),
    };
    cases.iter().filter(wanted).copied().collect()
}

/// Runs the cases; prints a line for each, the folders of those that failed, and the counts alone on the last line.
pub fn run(cases: &[Case], options: &Options, root: &Path, keep: bool) -> Result<Summary> {
    let run = evidence::new_run(root)?;
    let mut reports = Vec::new();
    for case in cases {
        let report = run_case(case.name, &case.run, options, &run, keep)?;
        print(&report.to_string())?;
        reports.push(report);
    }
    for report in &reports {
        if matches!(report.outcome, Outcome::Failed(_)) {
            print(&format!("evidence {}", folder(&run, &report.folder).display()))?;
        }
    }
    let summary = Summary::of(&reports);
    print(&summary.to_string())?;
    Ok(summary)
}

fn folder(run: &Path, case: &str) -> PathBuf {
    let folder = run.join(case);
    folder.canonicalize().unwrap_or(folder)
}

/// Runs what a case does, and once more where the PC itself went wrong; `name` becomes a folder of `run`.
pub fn run_case(
    name: &str,
    case: &dyn Fn(&mut Bench) -> Verdict,
    options: &Options,
    run: &Path,
    keep: bool,
) -> Result<Report> {
    let report = run_once(name, name.to_owned(), case, options, run, keep)?;
    match &report.outcome {
        Outcome::Failed(message) if is_of_the_pc(message) => {
            print(&format!("again    {name}: {message}"))?;
            run_once(name, format!("{name}-again"), case, options, run, keep)
        }
        _ => Ok(report),
    }
}

fn run_once(
    name: &str,
    folder: String,
    case: &dyn Fn(&mut Bench) -> Verdict,
    options: &Options,
    run: &Path,
    keep: bool,
) -> Result<Report> {
    let spinner = spinner(name.to_owned());
    let start = Instant::now();
    let mut bench = Bench::new(options, options.subject, run, &folder)?;
    let outcome = judge(case, &mut bench);
    let took = start.elapsed();
    spinner.finish_and_clear();
    if keep && matches!(outcome, Outcome::Failed(_)) {
        wait_for_person(&bench, &outcome)?;
    }
    let closed = bench.close();
    let outcome = match (outcome, closed) {
        (Outcome::Passed, Err(error)) => Outcome::Failed(format!("it passed, but could not be cleared away: {error}")),
        (outcome, _) => outcome,
    };
    Ok(Report { name: name.to_owned(), folder, outcome, took })
}

/// Runs a case; a panic in it is a failure of this case and not the end of the run.
fn judge(case: &dyn Fn(&mut Bench) -> Verdict, bench: &mut Bench) -> Outcome {
    let verdict = catch_unwind(AssertUnwindSafe(|| {
        case(bench)?;
        bench.check_alive().map_err(Stop::from)
    }));
    match verdict {
        Ok(verdict) => verdict.into(),
        Err(_) => Outcome::Failed("the case panicked; its words are above".to_owned()),
    }
}

/// Leaves everything running until somebody presses Enter.
fn wait_for_person(bench: &Bench, outcome: &Outcome) -> Result<()> {
    if let Outcome::Failed(message) = outcome {
        print(&format!("kept     {message}"))?;
    }
    for line in bench.how_to_enter() {
        print(&format!("         {line}"))?;
    }
    print(&format!("         evidence {}; Enter goes on", bench.evidence().folder().display()))?;
    std::io::stdin().read_line(&mut String::new()).context("waiting for Enter").map(drop)
}

/// Shows on a terminal that something is going on.
fn spinner(name: String) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let spinner = ProgressBar::new_spinner().with_message(name);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(200));
    spinner
}

/// Prints a line at once.
pub fn print(line: &str) -> Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}").and_then(|()| stdout.flush()).context("standard output")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &'static str) -> Case {
        Case { name, proves: "", run: |_| Ok(()) }
    }

    #[test]
    fn filters_are_parts_of_names_and_without_one_the_later_ones_are_left_out() {
        let cases = [case("archiso_menu"), case("archiso_login"), case("debian_login")];
        let names = |filters: &[&str]| -> Vec<&str> {
            let filters: Vec<String> = filters.iter().map(|filter| (*filter).to_owned()).collect();
            select(&cases, &filters, &["archiso_login"]).iter().map(|case| case.name).collect()
        };
        assert_eq!(names(&[]), ["archiso_menu", "debian_login"]);
        assert_eq!(select(&cases, &[], &[]).len(), 3);
        assert_eq!(names(&["login"]), ["archiso_login", "debian_login"]);
        assert_eq!(names(&["menu", "debian"]), ["archiso_menu", "debian_login"]);
        assert!(names(&["windows"]).is_empty());
    }
}
