//! The steps and the order in which they run.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};

use super::{browser, deny, python, setup};
use crate::terminal::{Colour, paint};
use crate::{command, paths, say, ui};

/// One part of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Step {
    /// What the other steps need is installed
    Setup,
    /// The browser UI: types, unit tests, build
    Ui,
    /// cargo fmt --check
    Fmt,
    /// cargo clippy, every warning an error
    Clippy,
    /// cargo deny: licences, sources, duplicate versions, advisories
    Deny,
    /// Every binary and test is compiled
    Build,
    /// Unit and property tests, and every service against the embedded broker
    Test,
    /// A real Kafka and a real HDFS: exactly once under every fault, other producers, malformed input
    E2e,
    /// Two minutes in which everything breaks, in an order of its own
    Chaos,
    /// The demo, watched from outside for half a minute
    Demo,
    /// The pages in a real Chromium
    Browser,
}

/// Which steps.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Run this step only; may be given again
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Leave this step out; may be given again
    #[arg(long, value_name = "STEP")]
    skip: Vec<Step>,
}

impl Options {
    fn steps(&self) -> Vec<Step> {
        Step::value_variants()
            .iter()
            .copied()
            .filter(|step| self.only.is_empty() || self.only.contains(step))
            .filter(|step| !self.skip.contains(step))
            .collect()
    }
}

/// How a step that didn't fail ended.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    Passed,
    /// Passed as far as it could be done here; the text says what could not.
    Partly(&'static str),
}

struct Done {
    name: String,
    time: Duration,
    /// `None`: it failed.
    verdict: Option<Verdict>,
}

/// Runs the steps until one fails.
///
/// # Errors
/// The failure of the step, with its name.
pub async fn run(options: Options) -> Result<ExitCode> {
    let steps = options.steps();
    let mut done = Vec::new();
    let mut outcome = Ok(());
    for &step in &steps {
        let name = name(step);
        say!("\n{}", paint(Colour::Blue, &format!("== {name}: {}", describe(step))));
        let start = Instant::now();
        let result = perform(step, &steps).await;
        done.push(Done {
            name: name.clone(),
            time: start.elapsed(),
            verdict: result.as_ref().ok().copied(),
        });
        if let Err(error) = result {
            outcome = Err(error).with_context(|| format!("step `{name}`"));
            break;
        }
    }
    summarise(&done, steps.len());
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn perform(step: Step, steps: &[Step]) -> Result<Verdict> {
    match step {
        Step::Deny => return deny::check(),
        Step::Setup => setup::ensure(steps),
        Step::Ui => test_ui(),
        Step::Fmt => cargo(&["fmt", "--all", "--check"]),
        Step::Clippy => {
            cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
        }
        Step::Build => cargo(&["build", "--workspace", "--all-targets"]),
        Step::Test => cargo(&["test", "--workspace"]),
        Step::E2e => {
            python::environment()?;
            // One after the other: each has a Kafka and an HDFS of its own.
            let harness = ["--ignored", "--test-threads", "1", "--nocapture"];
            let mut args = vec!["test", "--package", "xtask", "--test", "it", "--"];
            args.extend(harness);
            cargo(&args)
        }
        Step::Chaos => ours(&["chaos", "--minutes", "2"]),
        Step::Demo => {
            let args = ["demo", "--no-build", "--open-port", "--for", "30s", "--check"];
            ours(&args)
        }
        Step::Browser => browser::test().await,
    }?;
    Ok(Verdict::Passed)
}

fn cargo(args: &[&str]) -> Result<()> {
    command::run(&mut command::cargo(args))
}

/// Another command of this tool. Not our own file: the build has put a new one in its place.
fn ours(args: &[&str]) -> Result<()> {
    command::run(&mut command::program(paths::binary("xtask"), &paths::root(), args))
}

fn test_ui() -> Result<()> {
    ui::install()?;
    ui::npm(&["run", "check"])?;
    ui::npm(&["test"])?;
    ui::build()
}

fn name(step: Step) -> String {
    step.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

fn describe(step: Step) -> String {
    let value = step.to_possible_value();
    value.and_then(|value| value.get_help().map(ToString::to_string)).unwrap_or_default()
}

fn summarise(done: &[Done], planned: usize) {
    say!();
    for Done { name, time, verdict } in done {
        let verdict = match verdict {
            Some(Verdict::Passed) => paint(Colour::Green, "ok"),
            Some(Verdict::Partly(what)) => paint(Colour::Yellow, &format!("ok, but {what}")),
            None => paint(Colour::Red, "FAILED"),
        };
        say!("  {name:<8} {:>6.1} s  {verdict}", time.as_secs_f64());
    }
    let total: Duration = done.iter().map(|step| step.time).sum();
    let passed = done.iter().filter(|step| step.verdict.is_some()).count();
    say!("  {passed} of {planned} steps passed in {:.0} s", total.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        options: Options,
    }

    fn check(args: &[&str], expected: &[Step]) {
        let cli = Cli::parse_from(std::iter::once(&"test").chain(args));
        assert_eq!(cli.options.steps(), expected, "{args:?}");
    }

    #[test]
    fn steps_are_chosen_and_keep_their_order() {
        check(&["--only", "test", "--only", "fmt"], &[Step::Fmt, Step::Test]);
        check(&["--only", "fmt", "--skip", "fmt"], &[]);
        let all_but_two: Vec<_> = Step::value_variants()
            .iter()
            .copied()
            .filter(|step| !matches!(step, Step::E2e | Step::Browser))
            .collect();
        check(&["--skip", "e2e", "--skip", "browser"], &all_but_two);
    }
}
