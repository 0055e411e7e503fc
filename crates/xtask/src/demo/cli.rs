//! The command line of the demo.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::check::Checklist;
use super::{Demo, DemoOptions};
use crate::say;
use crate::terminal::{Colour, paint};

/// Timeout of a check without `--for`.
const CHECK_TIMEOUT: Duration = Duration::from_secs(60);

/// Options of `demo`.
#[derive(Args, Clone, Debug)]
pub struct Options {
    /// Stop after this time, counted from readiness: 90s, 5m, 1h [default: never]
    #[arg(long = "for", value_name = "TIME", value_parser = duration)]
    time: Option<Duration>,
    /// Check that readings are produced, archived and served live, and that a prediction is returned.
    /// The exit status is 1 if a check fails. Without --for, stop as soon as every check succeeds
    #[arg(long)]
    check: bool,
    /// Simulated patients
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..))]
    patients: u32,
    /// Listen on free ports instead of the default ones
    #[arg(long)]
    open_port: bool,
    /// Use the last build of the binaries and the page
    #[arg(long)]
    no_build: bool,
}

/// Builds, starts and stops the demo.
///
/// # Errors
/// Returns an error if the demo can't be started, a service ends unexpectedly, or a check fails.
pub async fn run(options: Options) -> Result<ExitCode> {
    if !options.no_build {
        super::build()?;
    }
    super::ensure_model()?;
    let mut stop = StopSignals::listen()?;
    let demo_options = DemoOptions { patients: options.patients, free_ports: options.open_port };
    let mut demo = tokio::select! {
        demo = Demo::start(demo_options) => demo?,
        // The services that have started end with the dropped future.
        signal = stop.received() => bail!("stopped by {signal} during startup"),
    };
    announce(&demo, &options);
    // Stop the services in any case, then report the outcome.
    let outcome = run_until_stopped(&mut demo, &options, &mut stop).await;
    let lake = demo.lake();
    demo.stop().await;
    say!("stopped; the table is in {} until the next demo", lake.display());
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Runs until the time is over, the checks are complete, a signal arrives, or a service ends.
async fn run_until_stopped(
    demo: &mut Demo,
    options: &Options,
    stop: &mut StopSignals,
) -> Result<()> {
    let start = Instant::now();
    let mut checklist = Checklist::new(&demo.addresses);
    let checks = async {
        if options.check {
            checklist.run().await;
        }
        // Without a check, or with a time, the demo runs on.
        if !options.check || options.time.is_some() {
            std::future::pending::<()>().await;
        }
    };
    // A check that never succeeds must end by itself in CI.
    let limit = match options.time {
        None if options.check => Some(CHECK_TIMEOUT),
        time => time,
    };
    tokio::select! {
        (name, status) = demo.service_ended() => {
            let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
            bail!("{name} ended unexpectedly ({status})");
        }
        signal = stop.received() => say!("stopping on {signal}"),
        () = checks => {}
        () = until(start, limit) => {}
    }
    if options.check { checklist.verdict() } else { Ok(()) }
}

async fn until(start: Instant, limit: Option<Duration>) {
    match limit {
        Some(limit) => sleep_until(start + limit).await,
        None => std::future::pending().await,
    }
}

fn announce(demo: &Demo, options: &Options) {
    say!();
    say!("  {}", paint(Colour::Green, &format!("The ward is live at {}", demo.url())));
    match options.time {
        Some(time) => say!("  for {} s, or until Ctrl-C", time.as_secs()),
        None => say!("  until Ctrl-C"),
    }
    say!();
}

/// The signals that stop the demo.
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
}

impl StopSignals {
    fn listen() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for a signal and returns its name.
    async fn received(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "Ctrl-C",
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.hangup.recv() => "SIGHUP",
        }
    }
}

/// Parses a time such as `90`, `90s`, `5m` or `1h`.
fn duration(text: &str) -> Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        other => bail!("`{other}` is not a unit of time: use s, m or h"),
    };
    let number: u64 = digits.parse().map_err(|_| anyhow!("`{digits}` is not a whole number"))?;
    match number.checked_mul(unit) {
        Some(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => bail!("`{text}` is not a valid time"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, seconds) in [("60s", 60), ("60", 60), ("2m", 120), ("1h", 3600)] {
            assert_eq!(duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
        }
        for invalid in ["", "s", "0s", "-1s", "1.5s", "5d", "99999999999999999999h"] {
            assert!(duration(invalid).is_err(), "{invalid}");
        }
    }
}
