//! Runs the steps until one fails, and prints a summary.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::Args;

use super::steps::{FAST, Step};
use super::{browser, deny, python};
use crate::terminal::{Colour, paint};
use crate::tools::{self, Tool};
use crate::{command, containers, paths, say, ui};

/// Options of `test`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Format, clippy and unit tests only
    #[arg(long, conflicts_with = "only")]
    fast: bool,
    /// Run only this step; may be repeated
    #[arg(long, value_name = "STEP")]
    only: Vec<Step>,
    /// Skip this step; may be repeated
    #[arg(long, value_name = "STEP")]
    skip: Vec<Step>,
}

impl Options {
    /// The selected steps, in the order in which they run.
    fn steps(&self) -> Vec<Step> {
        let mut steps = match (self.fast, self.only.is_empty()) {
            (true, _) => FAST.to_vec(),
            (false, true) => Step::full(),
            (false, false) => self.only.clone(),
        };
        steps.sort_by_key(|step| *step as usize);
        steps.dedup();
        steps.retain(|step| !self.skip.contains(step));
        steps
    }
}

/// The outcome of a step that didn't fail.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict {
    Passed,
    /// Passed as far as possible on this machine; the text names the part that was not checked.
    Partial(&'static str),
}

struct FinishedStep {
    name: String,
    duration: Duration,
    /// `None` if the step failed.
    verdict: Option<Verdict>,
}

/// Runs the selected steps until one fails.
///
/// # Errors
/// Returns the error of the step, with the step's name.
pub async fn run(options: Options) -> Result<ExitCode> {
    let steps = options.steps();
    let mut finished = Vec::new();
    let mut outcome = Ok(());
    for &step in &steps {
        let name = step.name();
        say!("\n{}", paint(Colour::Blue, &format!("== {name}: {}", step.description())));
        let start = Instant::now();
        let result = perform(step, &steps).await;
        finished.push(FinishedStep {
            name: name.clone(),
            duration: start.elapsed(),
            verdict: result.as_ref().ok().copied(),
        });
        // Later steps build on earlier ones.
        if let Err(error) = result {
            outcome = Err(error).with_context(|| format!("step `{name}`"));
            break;
        }
    }
    // After a failure, too: the times of the steps before it are of interest.
    summarise(&finished, steps.len());
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn perform(step: Step, steps: &[Step]) -> Result<Verdict> {
    match step {
        Step::Deny => return deny::check(),
        Step::Setup => set_up(steps),
        Step::Ui => test_ui(),
        Step::Fmt => cargo(&["fmt", "--all", "--check"]),
        Step::Clippy => {
            cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])
        }
        // As `cargo test` builds them, binaries included: its profile differs from that of
        // `cargo build`.
        Step::Build => cargo(&["test", "--workspace", "--no-run"]),
        Step::Unit => cargo(&["test", "--workspace", "--lib", "--bins"]),
        Step::Test => cargo(&["test", "--workspace"]),
        Step::E2e => test_end_to_end(),
        Step::Chaos => xtask(&["chaos", "--minutes", "2"]),
        Step::Demo => xtask(&["demo", "--no-build", "--open-port", "--for", "30s", "--check"]),
        Step::Browser => browser::test().await,
        Step::Compose => test_containers().await,
        Step::Fuzz => fuzz(),
    }?;
    Ok(Verdict::Passed)
}

fn cargo(args: &[&str]) -> Result<()> {
    command::run(&mut command::cargo(args))
}

/// Runs another command of this tool, from the binary that the build step has just replaced.
fn xtask(args: &[&str]) -> Result<()> {
    command::run(&mut command::program(paths::binary("xtask"), &paths::root(), args))
}

fn set_up(steps: &[Step]) -> Result<()> {
    let tools: Vec<&Tool> = steps.iter().flat_map(|step| step.tools().iter().copied()).collect();
    tools::ensure(&tools)?;
    if steps.iter().any(|step| step.needs_node()) {
        ui::ensure_tools()?;
    }
    say!("all tools are installed");
    Ok(())
}

fn test_ui() -> Result<()> {
    ui::install()?;
    ui::npm(&["run", "check"])?;
    ui::npm(&["test"])?;
    ui::build()
}

/// The lane does its own set-up: `--only` selects no other step.
async fn test_containers() -> Result<()> {
    set_up(&[Step::Compose])?;
    containers::run().await
}

fn test_end_to_end() -> Result<()> {
    python::environment()?;
    let mut args = vec!["test", "--package", "xtask", "--test", "it", "--"];
    // One test at a time: each starts its own Kafka and HDFS.
    args.extend(["--ignored", "--test-threads", "1", "--nocapture"]);
    cargo(&args)
}

fn fuzz() -> Result<()> {
    let mut tests =
        command::cargo(&["test", "--package", "model-server", "--test", "it", "fuzz::"]);
    command::run(tests.env("VITALS_FUZZ_REQUESTS", "100000"))
}

fn summarise(finished: &[FinishedStep], planned: usize) {
    say!();
    for FinishedStep { name, duration, verdict } in finished {
        let verdict = match verdict {
            Some(Verdict::Passed) => paint(Colour::Green, "ok"),
            Some(Verdict::Partial(gap)) => paint(Colour::Yellow, &format!("ok, but {gap}")),
            None => paint(Colour::Red, "FAILED"),
        };
        say!("  {name:<8} {:>6.1} s  {verdict}", duration.as_secs_f64());
    }
    let total: Duration = finished.iter().map(|step| step.duration).sum();
    let passed = finished.iter().filter(|step| step.verdict.is_some()).count();
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

    fn steps(args: &[&str]) -> Vec<Step> {
        Cli::parse_from(std::iter::once(&"test").chain(args)).options.steps()
    }

    #[test]
    fn selected_steps_keep_their_order() {
        assert_eq!(steps(&["--only", "test", "--only", "fmt"]), [Step::Fmt, Step::Test]);
        assert_eq!(steps(&["--only", "fmt", "--only", "fmt"]), [Step::Fmt]);
        assert_eq!(steps(&["--only", "fmt", "--skip", "fmt"]), []);
        let mut all_but_two = Step::full();
        all_but_two.retain(|step| !matches!(step, Step::E2e | Step::Browser));
        assert_eq!(steps(&["--skip", "e2e", "--skip", "browser"]), all_but_two);
    }

    #[test]
    fn a_full_run_has_every_step_but_the_unit_tests_twice() {
        let full = steps(&[]);
        assert!(full.contains(&Step::Test) && !full.contains(&Step::Unit));
        assert_eq!(full.len(), 11);
    }

    #[test]
    fn a_fast_run_formats_lints_and_runs_unit_tests() {
        assert_eq!(steps(&["--fast"]), [Step::Setup, Step::Fmt, Step::Clippy, Step::Unit]);
        assert_eq!(steps(&["--fast", "--skip", "setup"]), [Step::Fmt, Step::Clippy, Step::Unit]);
        let both = Cli::try_parse_from(["test", "--fast", "--only", "fmt"]);
        assert!(both.is_err(), "--fast selects the steps itself");
    }

    #[test]
    fn only_the_tools_of_the_selected_steps_are_required() {
        set_up(&[Step::Setup, Step::Fmt]).unwrap();
    }
}
